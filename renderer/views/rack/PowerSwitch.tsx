/** The rack's power switch, which the servers fence each other with: it can be broken to see what a failed fencing is like. */
import { useTranslation } from 'react-i18next';
import { breakPowerSwitch } from '../../app/actions.ts';

export function PowerSwitch({ broken }: { readonly broken: boolean }): React.JSX.Element {
  const { t } = useTranslation();
  const state = t(broken ? 'picture.powerSwitch.broken' : 'picture.powerSwitch.works');
  return (
    <div className="tb-power-switch" data-broken={broken}>
      <span>
        {t('picture.powerSwitch.name')} <b>{state}</b>
      </span>
      <button
        type="button"
        className="tb-mini"
        data-pulled={broken}
        title={t(broken ? 'picture.powerSwitch.mendHint' : 'picture.powerSwitch.breakHint')}
        onClick={() => breakPowerSwitch(!broken)}
      >
        {t(broken ? 'picture.powerSwitch.mend' : 'picture.powerSwitch.break')}
      </button>
    </div>
  );
}
