/** The menu's words. The renderer has its own catalogue; this is what the operating system draws. */

export type MenuLanguage = 'en' | 'zh-CN';

const ENGLISH = {
  file: 'File',
  quit: 'Quit',
  edit: 'Edit',
  undo: 'Undo',
  redo: 'Redo',
  cut: 'Cut',
  copy: 'Copy',
  paste: 'Paste',
  selectAll: 'Select All',
  view: 'View',
  reload: 'Reload Window',
  zoomIn: 'Zoom In',
  zoomOut: 'Zoom Out',
  zoomReset: 'Actual Size',
  fullScreen: 'Full Screen',
  developerTools: 'Developer Tools',
  window: 'Window',
  minimize: 'Minimize',
  coreStoppedTitle: 'Twinbeat’s core has stopped',
  coreStoppedDetail:
    'Connections and recordings have ended; nothing on the servers was changed by that. Start it again to go on.',
  startAgain: 'Start Again',
};
export type MenuText = Readonly<Record<keyof typeof ENGLISH, string>>;

const CHINESE: MenuText = {
  file: '文件',
  quit: '退出',
  edit: '编辑',
  undo: '撤销',
  redo: '重做',
  cut: '剪切',
  copy: '复制',
  paste: '粘贴',
  selectAll: '全选',
  view: '视图',
  reload: '重新加载窗口',
  zoomIn: '放大',
  zoomOut: '缩小',
  zoomReset: '实际大小',
  fullScreen: '全屏',
  developerTools: '开发者工具',
  window: '窗口',
  minimize: '最小化',
  coreStoppedTitle: 'Twinbeat 核心进程已停止',
  coreStoppedDetail: '连接和记录已结束，服务器未因此发生任何更改。请重新启动核心进程以继续。',
  startAgain: '重新启动',
};

export const MENU_TEXT: Readonly<Record<MenuLanguage, MenuText>> = { en: ENGLISH, 'zh-CN': CHINESE };

/** The person's choice, else the first language of the system that we have. */
export function chooseMenuLanguage(chosen: MenuLanguage | null, systemLanguages: readonly string[]): MenuLanguage {
  if (chosen !== null) return chosen;
  for (const language of systemLanguages) {
    if (/^zh\b/i.test(language)) return 'zh-CN';
    if (/^en\b/i.test(language)) return 'en';
  }
  return 'en';
}
