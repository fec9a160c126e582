import { waysInMessages } from '../../languages/messages.ts';
import type { LinkPreview, WayIn } from '../../verification/service.ts';
import { ChoiceField } from '../kit/form.tsx';
import { deviceName, formatNumber } from '../kit/format.ts';
import { DescriptionList, Time } from '../kit/panel.tsx';
import type { View } from '../kit/view.ts';
import type { ProviderButton } from './provider-buttons.tsx';

interface WaysProps {
  view: View;
  preview: LinkPreview;
  providers: ProviderButton[];
}

/** When and from where an account was made, and what opens it: what its owner has to know before they confirm it. */
export function AccountSummary({ view, preview, providers }: WaysProps) {
  const text = waysInMessages[view.language];
  const { made, ways } = preview;
  return (
    <DescriptionList
      look="about"
      entries={[
        [text.made, <Time view={view} at={made.at} />],
        ...(made.place ? [[text.madeIn, made.place] as [string, string]] : []),
        ...(made.userAgent ? [[text.madeWith, deviceName(view, made.userAgent)] as [string, string]] : []),
        [
          text.opens,
          ways.length > 0 ? <WayList view={view} ways={ways} providers={providers} /> : text.nothing,
        ],
      ]}
    />
  );
}

/** What a new password ends by itself, and what else opens the account, which its owner keeps or ends. */
export function OtherWays({ view, preview, providers, ends }: WaysProps & { ends: boolean }) {
  const text = waysInMessages[view.language];
  const others = preview.ways.filter(({ kind }) => kind !== 'password');
  const [ending, staying] = [others.filter(endsByItself), others.filter((way) => !endsByItself(way))];
  return (
    <>
      {ending.length > 0 && (
        <section class="field">
          <p class="title">{text.endTitle}</p>
          <WayList view={view} ways={ending} providers={providers} />
          <p class="hint">{text.endText}</p>
        </section>
      )}
      {staying.length > 0 && (
        <fieldset class="choices field">
          <legend>
            <strong>{text.stayTitle}</strong>
          </legend>
          <WayList view={view} ways={staying} providers={providers} />
          <ChoiceField name="other_ways" type="radio" value="keep" checked={!ends}>
            {text.keep}
          </ChoiceField>
          <ChoiceField name="other_ways" type="radio" value="end" checked={ends}>
            {text.end}
          </ChoiceField>
        </fieldset>
      )}
    </>
  );
}

function endsByItself(way: WayIn): boolean {
  return way.kind === 'api_keys' || (way.kind !== 'password' && way.addedUnproven);
}

function WayList({ view, ways, providers }: { view: View; ways: WayIn[]; providers: ProviderButton[] }) {
  return (
    <ul class="plain-list">
      {ways.map((way) => (
        <li>{wayName(view, way, providers)}</li>
      ))}
    </ul>
  );
}

function wayName(view: View, way: WayIn, providers: ProviderButton[]): string {
  const text = waysInMessages[view.language];
  switch (way.kind) {
    case 'password':
      return text.password;
    case 'phone':
      return text.phone(way.hint);
    case 'identity': {
      const known = providers.find(({ id }) => id === way.provider);
      return text.identity(known?.name ?? way.provider, way.hint);
    }
    case 'passkey':
      return text.passkey(way.name);
    case 'api_keys':
      return text.apiKeys(formatNumber(view, way.count));
  }
}
