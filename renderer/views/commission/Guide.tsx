/** The way from nothing to the report: a bar that always shows how far the pair is and what comes next, and the same as a checklist. */
import { CloseOutlined } from '@ant-design/icons';
import { Button, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { type CommissionItem, type CommissionState, nextItem } from '../../../electron/common/commission/items.ts';
import { factText } from '../../../electron/common/commission/words.ts';
import type { Text } from '../../../electron/common/contract/drill.ts';
import { goToStep, hideGuide, useCommission, useGuideHidden } from '../../stores/commission.ts';
import { useUi } from '../../stores/ui.ts';

/** Told apart by their shape, not by colour alone. */
const GLYPHS: Readonly<Record<CommissionState, string>> = {
  done: '✓',
  todo: '',
  busy: '…',
  trouble: '!',
  unknown: '?',
};

const languageOf = (language: string): keyof Text => (language === 'zh-CN' ? 'zh-CN' : 'en');

/** Opens the checklist. */
export function openChecklist(): void {
  useUi.setState({ commissionOpen: true });
}

function Chip({ item }: { readonly item: CommissionItem }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const name = t(`commission.step.${item.step}`);
  const fact = factText(item.fact)[languageOf(i18n.language)];
  return (
    <li data-state={item.state} data-step={item.step}>
      <button
        type="button"
        title={fact}
        aria-label={`${name}: ${t(`commission.state.${item.state}`)}. ${fact}`}
        onClick={() => goToStep(item.step)}
      >
        <span className="tb-guide-glyph" aria-hidden="true">
          {GLYPHS[item.state]}
        </span>
        {name}
      </button>
    </li>
  );
}

function Checklist({ items }: { readonly items: readonly CommissionItem[] }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const next = nextItem(items);
  return (
    <ol className="tb-checklist">
      {items.map((item) => (
        <li key={item.step} data-state={item.state} data-step={item.step}>
          <span className="tb-guide-glyph" aria-hidden="true">
            {GLYPHS[item.state]}
          </span>
          <div>
            <b>{t(`commission.step.${item.step}`)}</b>{' '}
            <span className="tb-muted">{t(`commission.state.${item.state}`)}</span>
            <p>{factText(item.fact)[languageOf(i18n.language)]}</p>
          </div>
          <Button
            size="small"
            type={item.step === next?.step ? 'primary' : 'default'}
            onClick={() => goToStep(item.step)}
          >
            {t(`commission.act.${item.step}`)}
          </Button>
        </li>
      ))}
    </ol>
  );
}

function Bar({ items }: { readonly items: readonly CommissionItem[] }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const next = nextItem(items);
  const done = items.filter((item) => item.state === 'done').length;
  return (
    <nav className="tb-guide" aria-label={t('commission.title')}>
      <button type="button" className="tb-guide-title" aria-haspopup="dialog" onClick={openChecklist}>
        {t('commission.title')} {`${done}/${items.length}`}
      </button>
      <ol>
        {items.map((item) => (
          <Chip key={item.step} item={item} />
        ))}
      </ol>
      <span className="tb-guide-next" role="status">
        {next === null ? t('commission.finished') : factText(next.fact)[languageOf(i18n.language)]}
      </span>
      {next !== null && (
        <Button size="small" type="primary" onClick={() => goToStep(next.step)}>
          {t(`commission.act.${next.step}`)}
        </Button>
      )}
      <Button
        size="small"
        type="text"
        icon={<CloseOutlined />}
        aria-label={t('commission.hide')}
        title={t('commission.hideHint')}
        onClick={() => hideGuide(true)}
      />
    </nav>
  );
}

export function Guide(): React.JSX.Element {
  const { t } = useTranslation();
  const items = useCommission();
  const isHidden = useGuideHidden();
  const isOpen = useUi((s) => s.commissionOpen);
  return (
    <>
      {!isHidden && <Bar items={items} />}
      <Modal
        open={isOpen}
        title={t('commission.title')}
        footer={null}
        width={640}
        destroyOnHidden
        onCancel={() => useUi.setState({ commissionOpen: false })}
      >
        <Checklist items={items} />
      </Modal>
    </>
  );
}
