/** The measured role as a word in its colour; never by colour alone. */
import { useTranslation } from 'react-i18next';
import type { Role } from '../lib/roles.ts';

export function RoleTag({ role }: { readonly role: Role | 'off' }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <span className="tb-role" data-role={role}>
      {t(`role.${role}`)}
    </span>
  );
}
