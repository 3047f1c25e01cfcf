/** The form of a report: what only people can say. */
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, InputNumber, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { ReportDraft } from '../../../electron/common/contract/report.ts';
import type { ReportAction, ReportForm as Form, Requirements, Waiver } from '../../../electron/common/report/form.ts';
import { LANGUAGES } from '../../locales/index.ts';
import { changeForm, useReport } from '../../stores/report.ts';

const PEOPLE = ['operator', 'operatorCompany', 'witness', 'witnessCompany'] as const;
const PLACE = ['site', 'order', 'window', 'approver'] as const;
const LIMITS = ['failoverLimitMs', 'healLimitMs', 'marginMinMs'] as const;
const POLICIES = ['sessions', 'monitored', 'exclusions'] as const;
const NO_DRILLS: ReportDraft['drills'] = [];
const SPLIT_BRAIN = ['undeclared', 'fenced', 'accepted-dual'] as const;

function Words({
  fields,
  form,
}: {
  readonly fields: readonly (typeof PEOPLE | typeof PLACE)[number][];
  readonly form: Form;
}): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <>
      {fields.map((field) => (
        <label key={field} className="tb-report-field">
          <span>{t(`report.field.${field}`)}</span>
          <Input
            size="small"
            maxLength={2000}
            value={form[field]}
            onChange={(e) => changeForm({ [field]: e.target.value })}
          />
        </label>
      ))}
    </>
  );
}

function RequirementFields({ value }: { readonly value: Requirements }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const drills = useReport((s) => s.draft?.drills ?? NO_DRILLS);
  const language = i18n.language === 'zh-CN' ? 'zh-CN' : 'en';
  const change = (changes: Partial<Requirements>): void => changeForm({ requirements: { ...value, ...changes } });
  return (
    <>
      {LIMITS.map((field) => (
        <label key={field} className="tb-report-field">
          <span>{t(`report.field.${field}`)}</span>
          <InputNumber
            size="small"
            min={0.001}
            step={0.5}
            suffix="s"
            value={value[field] === null ? null : value[field] / 1000}
            placeholder={t('report.notDeclared')}
            onChange={(s) => change({ [field]: s === null ? null : s * 1000 })}
          />
        </label>
      ))}
      <label className="tb-report-field">
        <span>{t('report.field.splitBrain')}</span>
        <Select
          size="small"
          value={value.splitBrain}
          options={SPLIT_BRAIN.map((id) => ({ value: id, label: t(`report.splitBrain.${id}`) }))}
          onChange={(splitBrain: Requirements['splitBrain']) => change({ splitBrain })}
        />
      </label>
      <label className="tb-report-field tb-report-wide">
        <span>{t('report.field.drills')}</span>
        <Select
          size="small"
          mode="multiple"
          optionFilterProp="label"
          placeholder={t('report.everyDrill')}
          value={value.drills}
          options={drills.map(({ drill, title }) => ({ value: drill, label: title[language] }))}
          onChange={(chosen: string[]) => change({ drills: chosen })}
        />
      </label>
      {POLICIES.map((field) => (
        <label key={field} className="tb-report-field">
          <span>{t(`report.field.${field}`)}</span>
          <Input
            size="small"
            maxLength={2000}
            value={value[field]}
            onChange={(e) => change({ [field]: e.target.value })}
          />
        </label>
      ))}
    </>
  );
}

interface RowsProps<T extends object> {
  readonly title: string;
  readonly hint: string;
  readonly rows: readonly T[];
  readonly columns: readonly (keyof T & string)[];
  readonly names: (column: keyof T & string) => string;
  readonly empty: T;
  readonly onChange: (rows: T[]) => void;
}

/** A short table that a person fills row by row. */
function Rows<T extends object>({
  title,
  hint,
  rows,
  columns,
  names,
  empty,
  onChange,
}: RowsProps<T>): React.JSX.Element {
  const { t } = useTranslation();
  const set = (index: number, column: keyof T, words: string): void =>
    onChange(rows.map((row, i) => (i === index ? { ...row, [column]: words } : row)));
  return (
    <fieldset className="tb-report-rows">
      <legend>{title}</legend>
      <p className="tb-muted">{hint}</p>
      {rows.map((row, i) => (
        <div key={i} className="tb-report-row">
          {columns.map((column) => (
            <Input
              key={column}
              size="small"
              maxLength={2000}
              aria-label={`${names(column)} ${i + 1}`}
              placeholder={names(column)}
              value={String(row[column])}
              onChange={(e) => set(i, column, e.target.value)}
            />
          ))}
          <Button
            size="small"
            type="text"
            icon={<DeleteOutlined />}
            aria-label={t('report.removeRow', { number: i + 1 })}
            onClick={() => onChange(rows.filter((_row, at) => at !== i))}
          />
        </div>
      ))}
      <Button size="small" icon={<PlusOutlined />} onClick={() => onChange([...rows, empty])}>
        {t('report.addRow')}
      </Button>
    </fieldset>
  );
}

export function ReportForm(): React.JSX.Element {
  const { t } = useTranslation();
  const form = useReport((s) => s.form);
  return (
    <div className="tb-report-form">
      <label className="tb-report-field">
        <span>{t('report.field.language')}</span>
        <Select
          size="small"
          value={form.language}
          options={LANGUAGES.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(language: Form['language']) => changeForm({ language })}
        />
      </label>
      <Words fields={[...PEOPLE, ...PLACE]} form={form} />
      <RequirementFields value={form.requirements} />
      <label className="tb-report-field tb-report-wide">
        <span>{t('report.field.remarks')}</span>
        <Input.TextArea
          size="small"
          autoSize={{ minRows: 2, maxRows: 6 }}
          maxLength={2000}
          value={form.remarks}
          onChange={(e) => changeForm({ remarks: e.target.value })}
        />
      </label>
      <Rows<Waiver>
        title={t('report.waivers')}
        hint={t('report.waiversHint')}
        rows={form.waivers}
        columns={['subject', 'reason', 'signer', 'until']}
        names={(column) => t(`report.column.${column}`)}
        empty={{ subject: '', reason: '', signer: '', until: '' }}
        onChange={(waivers) => changeForm({ waivers })}
      />
      <Rows<ReportAction>
        title={t('report.actions')}
        hint={t('report.actionsHint')}
        rows={form.actions}
        columns={['subject', 'action', 'owner', 'due']}
        names={(column) => t(`report.column.${column}`)}
        empty={{ subject: '', action: '', owner: '', due: '' }}
        onChange={(actions) => changeForm({ actions })}
      />
    </div>
  );
}
