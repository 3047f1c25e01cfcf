/** Shows what stores have to say, once, in antd's message area. */
import { App as AntApp } from 'antd';
import { useEffect } from 'react';
import { useNotices } from '../stores/notices.ts';

/** Long enough to read a sentence, seconds. */
const ERROR_SECONDS = 8;

export function Notices(): null {
  const { message } = AntApp.useApp();
  const latest = useNotices((s) => s.latest);
  useEffect(() => {
    if (latest === null) return;
    void message.open({
      type: latest.kind,
      content: latest.text,
      duration: latest.kind === 'error' ? ERROR_SECONDS : 3,
    });
  }, [latest, message]);
  return null;
}
