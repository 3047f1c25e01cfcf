/** Menu and MenuItem: a tree that tests can walk and click; nothing is drawn. */
import type { Menu as RealMenu, MenuItem as RealMenuItem } from 'electron';
import type { BrowserWindow } from './browserWindow.ts';
import { strict, type MembersOf } from './strict.ts';

interface ItemTemplate {
  readonly id?: string;
  readonly label?: string;
  readonly role?: string;
  readonly type?: string;
  readonly accelerator?: string;
  readonly enabled?: boolean;
  readonly submenu?: readonly ItemTemplate[];
  readonly click?: (item: object, window: BrowserWindow | null, event: object) => void;
}

export interface MenuSurroundings {
  quit(): void;
  focusedWindow(): BrowserWindow | null;
}

export function createMenuClass(surroundings: MenuSurroundings): object {
  let applicationMenu: AppMenu | null = null;

  class Item implements MembersOf<RealMenuItem> {
    readonly id: string;
    readonly label: string;
    readonly role: string | undefined;
    readonly type: string;
    readonly accelerator: string | undefined;
    readonly enabled: boolean;
    readonly submenu: AppMenu | null;
    readonly click: () => void;

    constructor(template: ItemTemplate) {
      this.id = template.id ?? '';
      this.label = template.label ?? template.role ?? '';
      this.role = template.role?.toLowerCase();
      this.type = template.type ?? (template.submenu === undefined ? 'normal' : 'submenu');
      this.accelerator = template.accelerator;
      this.enabled = template.enabled ?? true;
      this.submenu = template.submenu === undefined ? null : AppMenu.buildFromTemplate(template.submenu);
      this.click = () => {
        if (!this.enabled) return;
        const window = surroundings.focusedWindow();
        if (template.click !== undefined) template.click(this, window, {});
        else if (this.role === 'quit') surroundings.quit();
        else if (this.role === 'close') window?.close();
        else if (this.role === 'reload') window?.webContents.reload();
      };
    }
  }

  class AppMenu implements MembersOf<RealMenu> {
    readonly items: Item[] = [];

    static buildFromTemplate(template: readonly ItemTemplate[]): AppMenu {
      const menu = new AppMenu();
      for (const item of template) menu.items.push(strict('MenuItem', new Item(item)));
      return menu;
    }

    static setApplicationMenu(menu: AppMenu | null): void {
      applicationMenu = menu;
    }

    static getApplicationMenu(): AppMenu | null {
      return applicationMenu;
    }

    getMenuItemById(id: string): Item | null {
      for (const item of this.items) {
        const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
        if (found) return found;
      }
      return null;
    }
  }
  return AppMenu;
}
