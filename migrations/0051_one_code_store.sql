-- Codes of the product's own apps lie in the account object, as those of all clients do.
DROP TABLE authorization_codes;
