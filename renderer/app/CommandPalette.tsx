/** Ctrl+K: every action by its name. */
import { Modal } from 'antd';
import { Command } from 'cmdk';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { findActions } from '../lib/findActions.ts';
import { useUi } from '../stores/ui.ts';
import { type Action, allActions } from './actions.ts';

const GROUPS: readonly Action['group'][] = ['rack', 'pair', 'fault', 'terminal', 'view', 'settings'];

const close = (): void => useUi.setState({ paletteOpen: false });

function List(): React.JSX.Element {
  const { t } = useTranslation();
  // The list is made when the palette opens; it would be unreadable if it changed under the cursor.
  const actions = useMemo(() => allActions(t), [t]);
  const [typed, setTyped] = useState('');
  const found = findActions(actions, typed);
  // What Enter does follows what was typed in the same step, however fast it is pressed.
  const [chosen, setChosen] = useState(actions[0]?.id ?? '');
  const search = (words: string): void => {
    setTyped(words);
    setChosen(findActions(actions, words)[0]?.id ?? '');
  };
  // The group of the likeliest action comes first.
  const groups = [...new Set(typed.trim() === '' ? GROUPS : found.map((action) => action.group))];
  return (
    <Command label={t('palette.title')} loop shouldFilter={false} value={chosen} onValueChange={setChosen}>
      <Command.Input autoFocus placeholder={t('palette.placeholder')} value={typed} onValueChange={search} />
      <Command.List>
        <Command.Empty>{t('palette.empty')}</Command.Empty>
        {groups.map((group) => {
          const members = found.filter((a) => a.group === group);
          if (members.length === 0) return null;
          return (
            <Command.Group key={group} heading={t(`palette.group.${group}`)}>
              {members.map((action) => (
                <Command.Item
                  key={action.id}
                  value={action.id}
                  onSelect={() => {
                    close();
                    action.run();
                  }}
                >
                  {action.title}
                </Command.Item>
              ))}
            </Command.Group>
          );
        })}
      </Command.List>
    </Command>
  );
}

export function CommandPalette(): React.JSX.Element {
  const { t } = useTranslation();
  const open = useUi((s) => s.paletteOpen);
  return (
    <Modal
      open={open}
      onCancel={close}
      footer={null}
      closable={false}
      destroyOnHidden
      width={560}
      className="tb-palette"
      aria-label={t('palette.title')}
      style={{ top: 80 }}
    >
      <List />
    </Modal>
  );
}
