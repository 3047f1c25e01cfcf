/** How far the commissioning of the pair in view is, and the way to each of its steps. */
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type CommissionFacts,
  type CommissionItem,
  commissionItems,
  type CommissionStep,
} from '../../electron/common/commission/items.ts';
import { openDrills } from '../views/drills/openDrills.ts';
import { useAdviceRead } from './advice.ts';
import { connectPair } from './connect.ts';
import { makePlan, runPreflight, useDeploy } from './deploy.ts';
import { loadDrills, useDrills } from './drills.ts';
import { usePairs } from './pairs.ts';
import { openReports, useReport } from './report.ts';
import { rememberLayout, useSettings } from './settings.ts';
import { showPane, useUi } from './ui.ts';

/** Name under which the settings remember that the bar is not wanted. */
const HIDDEN = 'commission-hidden';

export const isGuideHidden = (): boolean => useSettings.getState().settings?.layout[HIDDEN] === true;

export function hideGuide(hidden: boolean): void {
  rememberLayout(HIDDEN, hidden);
}

export const useGuideHidden = (): boolean => useSettings((s) => s.settings?.layout[HIDDEN] === true);

function facts(): CommissionFacts {
  const { selectedId, state } = usePairs.getState();
  const [deploy, drills, report] = [useDeploy.getState(), useDrills.getState(), useReport.getState()];
  const { advice } = useAdviceRead.getState();
  const isDeploys = deploy.pairId === selectedId;
  const isDrills = drills.pairId === selectedId;
  const isReports = report.pairId === selectedId && report.draft !== null;
  return {
    state,
    preflight: isDeploys ? deploy.preflight : [],
    isChecking: isDeploys && (deploy.phase === 'checking' || deploy.phase === 'planning'),
    isApplying: isDeploys && deploy.phase === 'applying',
    advice: advice !== null && advice.pairId === selectedId ? advice : null,
    board: isDrills ? drills.board : null,
    areDrillsRunning: isDrills && drills.isRunning,
    reports: isReports ? report.list : null,
  };
}

/** As it is now. */
export const commissionNow = (): CommissionItem[] => commissionItems(facts());

/** As it is, always: asks for what no open pane has asked for. */
export function useCommission(): CommissionItem[] {
  const { i18n } = useTranslation();
  const pairId = usePairs((s) => s.selectedId);
  const sessionId = usePairs((s) => s.state?.session?.id ?? null);
  const summary = useDrills((s) => s.summary);
  usePairs((s) => s.state);
  useDeploy();
  useDrills((s) => s.board);
  useReport((s) => s.list);
  useAdviceRead();
  useEffect(() => {
    if (pairId !== null && sessionId !== null) void loadDrills(pairId);
  }, [pairId, sessionId]);
  // Every suite that ends is more to report about.
  useEffect(() => {
    void openReports(pairId, i18n.language === 'zh-CN' ? 'zh-CN' : 'en');
  }, [pairId, sessionId, summary, i18n.language]);
  return commissionNow();
}

/** Goes to where a step is done, and begins what can be begun without a question. */
export function goToStep(step: CommissionStep): void {
  const { selectedId, state } = usePairs.getState();
  useUi.setState({ commissionOpen: false });
  if (selectedId === null) return showPane('connect');
  const isReady = state?.nodes.every((n) => n.phase === 'ready') === true;
  const isIdle = state?.nodes.every((n) => n.phase === 'idle' || n.phase === 'gave-up') === true;
  switch (step) {
    case 'connect':
      return isIdle ? connectPair(selectedId) : showPane('picture');
    case 'preflight':
      showPane('connect');
      return isReady ? void runPreflight(selectedId) : undefined;
    case 'deploy':
      showPane('connect');
      return isReady ? void makePlan(selectedId, 'deploy') : undefined;
    case 'links':
      return showPane('safety');
    case 'advice':
      return showPane('advice');
    case 'drills':
      return openDrills('list');
    case 'report':
      return showPane('report');
  }
}
