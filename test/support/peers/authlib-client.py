"""A client by Authlib: the code flow with PKCE, an ID token that is verified, and a refresh. Says what happens as lines of JSON."""
import json
import sys
import urllib.request

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken

issuer, client_id, client_secret, redirect_uri, resource = sys.argv[1:]


def fetched(url):
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def say(**what):
    print(json.dumps(what), flush=True)


server = fetched(f'{issuer}/.well-known/openid-configuration')
session = OAuth2Session(
    client_id,
    client_secret,
    scope='openid email offline_access',
    redirect_uri=redirect_uri,
    code_challenge_method='S256',
    token_endpoint_auth_method='client_secret_basic',
)
nonce, verifier = generate_token(), generate_token(48)
url, state = session.create_authorization_url(
    server['authorization_endpoint'], code_verifier=verifier, nonce=nonce, resource=resource
)
say(url=url)

# The address to which the browser has come back.
tokens = session.fetch_token(
    server['token_endpoint'], authorization_response=input(), state=state, code_verifier=verifier
)
keys = JsonWebKey.import_key_set(fetched(server['jwks_uri']))
required = {'iss': {'value': issuer}, 'aud': {'value': client_id}, 'nonce': {'value': nonce}}
claims = JsonWebToken(['ES256']).decode(tokens['id_token'], keys, claims_options=required)
claims.validate()
say(sub=claims['sub'], access_token=tokens['access_token'])

input()
again = session.refresh_token(server['token_endpoint'])
say(access_token=again['access_token'], rotated=again['refresh_token'] != tokens['refresh_token'])

input()
last = session.refresh_token(server['token_endpoint'])
session.revoke_token(server['revocation_endpoint'], last['refresh_token'])
say(revoked=last['access_token'])
