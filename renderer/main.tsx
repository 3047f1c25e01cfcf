import { config as zodConfig } from 'zod';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import 'dockview-react/dist/styles/dockview.css';
import 'uplot/dist/uPlot.min.css';
import '@xterm/xterm/css/xterm.css';
import './app/styles/base.css';
import './app/styles/panes.css';
import './app/styles/monitor.css';
import './app/styles/connect.css';
import './app/styles/picture.css';
import './app/styles/safety.css';
import './app/styles/timeline.css';
import './app/styles/advice.css';
import './app/styles/drills.css';
import './app/styles/report.css';
import './app/styles/faults.css';
import './app/styles/commission.css';
import { App } from './app/App.tsx';
import { startTexts } from './locales/index.ts';
import { startPairs } from './stores/pairs.ts';
import { languageOf, startSettings, useSettings } from './stores/settings.ts';

// The content security policy forbids code from strings; zod would try it for speed.
zodConfig({ jitless: true });

async function start(): Promise<void> {
  await startTexts(languageOf(useSettings.getState()));
  const root = document.getElementById('root');
  if (root === null) throw new Error('the page has no root element');
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
  startPairs();
  await startSettings();
}

void start();
