/** Find in the terminal's text; Enter goes on, Shift+Enter goes back, Escape leaves. */
import { ArrowDownOutlined, ArrowUpOutlined, CloseOutlined } from '@ant-design/icons';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Screen } from './screen.ts';

interface Props {
  readonly screen: Screen;
  readonly onClose: () => void;
}

export function SearchBox({ screen, onClose }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const find = (back: boolean): void => {
    if (back) screen.search.findPrevious(text);
    else screen.search.findNext(text);
  };
  return (
    <div className="tb-search" role="search">
      <Input
        size="small"
        autoFocus
        value={text}
        placeholder={t('terminal.searchHint')}
        aria-label={t('terminal.search')}
        onChange={(event) => {
          setText(event.target.value);
          screen.search.findNext(event.target.value, { incremental: true });
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') find(event.shiftKey);
          if (event.key === 'Escape') onClose();
        }}
      />
      <Button size="small" icon={<ArrowUpOutlined />} aria-label={t('terminal.previous')} onClick={() => find(true)} />
      <Button size="small" icon={<ArrowDownOutlined />} aria-label={t('terminal.next')} onClick={() => find(false)} />
      <Button size="small" type="text" icon={<CloseOutlined />} aria-label={t('common.close')} onClick={onClose} />
    </div>
  );
}
