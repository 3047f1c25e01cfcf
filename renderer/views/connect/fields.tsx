/** Form fields that carry their own problem. One look for all. */
import { Input, Select } from 'antd';
import { createContext, useContext, useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problems } from './draft.ts';

/** Problems of the form, once the person has tried to save it; null before. */
export const ProblemsContext = createContext<Problems | null>(null);

interface FieldProps {
  readonly field: string;
  readonly label: string;
  readonly value: string;
  readonly wide?: boolean;
  readonly placeholder?: string;
  readonly rows?: number;
  readonly onChange: (value: string) => void;
}

function useProblem(field: string): string | null {
  const { t } = useTranslation();
  const problem = useContext(ProblemsContext)?.get(field);
  return problem === undefined ? null : t(`connect.problem.${problem}`);
}

export function TextField({
  field,
  label,
  value,
  wide = false,
  placeholder,
  rows,
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
    'aria-describedby': `${id}-problem`,
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
      <span className="tb-problem" id={`${id}-problem`} role={problem === null ? undefined : 'alert'}>
        {problem}
      </span>
    </div>
  );
}

interface ChoiceProps<V extends string> {
  readonly label: string;
  readonly value: V;
  readonly options: readonly { readonly value: V; readonly label: string }[];
  readonly onChange: (value: V) => void;
}

export function ChoiceField<V extends string>({ label, value, options, onChange }: ChoiceProps<V>): React.JSX.Element {
  const id = useId();
  return (
    <div className="tb-field">
      <label htmlFor={id}>{label}</label>
      <Select id={id} value={value} options={[...options]} onChange={(chosen: V) => onChange(chosen)} />
      <span className="tb-problem" />
    </div>
  );
}
