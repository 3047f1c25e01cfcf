/** Form fields that carry their own problem. One look for all. */
import { Checkbox, Input, Select } from 'antd';
import { createContext, useContext, useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problems } from './draftProblems.ts';

/** Problems of the form, once the person has tried to save it; null before. */
export const ProblemsContext = createContext<Problems | null>(null);

interface FieldProps {
  readonly field: string;
  readonly label: string;
  readonly value: string;
  readonly wide?: boolean;
  readonly placeholder?: string;
  readonly rows?: number;
  /** One line on what the field does. */
  readonly help?: string;
  readonly onChange: (value: string) => void;
}

/** The problem of a field in words, or null. */
export function useProblem(field: string): string | null {
  const { t } = useTranslation();
  const problem = useContext(ProblemsContext)?.get(field);
  if (problem === undefined) return null;
  if (typeof problem === 'string') return t(`connect.problem.${problem}`);
  return 'key' in problem ? t(`connect.problem.${problem.key}`, problem.params) : problem.text;
}

export function TextField({
  field,
  label,
  value,
  wide = false,
  placeholder,
  rows,
  help,
  onChange,
}: FieldProps): React.JSX.Element {
  const id = useId();
  const problem = useProblem(field);
  const shared = {
    id,
    value,
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(problem === null ? {} : { status: 'error' as const }),
    'aria-invalid': problem !== null,
    'aria-describedby': `${id}-help ${id}-problem`,
    spellCheck: false,
  };
  return (
    <div className="tb-field" data-wide={wide}>
      <label htmlFor={id}>{label}</label>
      {rows === undefined ? (
        <Input {...shared} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <Input.TextArea {...shared} rows={rows} onChange={(event) => onChange(event.target.value)} />
      )}
      <Help id={`${id}-help`} text={help} />
      <ProblemText id={`${id}-problem`} text={problem} />
    </div>
  );
}

function Help({ id, text }: { readonly id: string; readonly text: string | undefined }): React.JSX.Element | null {
  return text === undefined ? null : (
    <span className="tb-help" id={id}>
      {text}
    </span>
  );
}

function ProblemText({ id, text }: { readonly id: string; readonly text: string | null }): React.JSX.Element {
  return (
    <span className="tb-problem" id={id} role={text === null ? undefined : 'alert'}>
      {text}
    </span>
  );
}

interface CheckProps {
  readonly field: string;
  readonly label: string;
  readonly help: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

/** A box with one line on what it does. */
export function CheckField({ field, label, help, checked, onChange }: CheckProps): React.JSX.Element {
  const id = useId();
  const problem = useProblem(field);
  return (
    <div className="tb-field tb-check">
      <Checkbox
        checked={checked}
        aria-describedby={`${id}-help ${id}-problem`}
        aria-invalid={problem !== null}
        onChange={(event) => onChange(event.target.checked)}
      >
        {label}
      </Checkbox>
      <Help id={`${id}-help`} text={help} />
      {problem !== null && <ProblemText id={`${id}-problem`} text={problem} />}
    </div>
  );
}

interface ChoiceProps<V extends string> {
  /** Where its problems are found, if it can have any. */
  readonly field?: string;
  readonly help?: string;
  readonly label: string;
  readonly value: V;
  readonly options: readonly { readonly value: V; readonly label: string }[];
  readonly onChange: (value: V) => void;
}

export function ChoiceField<V extends string>({
  field = '',
  label,
  value,
  options,
  help,
  onChange,
}: ChoiceProps<V>): React.JSX.Element {
  const id = useId();
  const problem = useProblem(field);
  return (
    <div className="tb-field">
      <label htmlFor={id}>{label}</label>
      <Select
        id={id}
        value={value}
        options={[...options]}
        {...(problem === null ? {} : { status: 'error' as const })}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-help ${id}-problem`}
        onChange={(chosen: V) => onChange(chosen)}
      />
      <Help id={`${id}-help`} text={help} />
      <ProblemText id={`${id}-problem`} text={problem} />
    </div>
  );
}
