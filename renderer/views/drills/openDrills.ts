import { type DrillPage, showPane, useUi } from '../../stores/ui.ts';

/** Brings the drills to the front, on one of their pages. */
export function openDrills(page: DrillPage): void {
  useUi.setState({ drillPage: page });
  showPane('drills');
}
