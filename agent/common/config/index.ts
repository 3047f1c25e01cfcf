/** Public surface of the config room. */
export { isHost, isInterfaceName, isIpv4, isIpv6, prefixBitsOfMask } from './address.ts';
export { parseAuthkeys, type ParsedAuthkeys } from './authkeys.ts';
export { findDirective, HA_CF_DIRECTIVES, type DirectiveRow } from './directives.ts';
export { print, type ConfigDocument } from './document.ts';
export { parseHaCf, type ParsedHaCf } from './haCf.ts';
export { checkForNode, peerOf } from './haCfChecks.ts';
export { parseHaresources, type ParsedHaresources } from './haresources.ts';
export { linkLabel } from './linkLabel.ts';
export type {
  AutoFailback,
  ConfigProblem,
  HaConfig,
  LinkConfig,
  ResourceGroup,
  ResourceSpec,
  SafetyConfig,
  SourcePosition,
  TakeoverCondition,
  VipSpec,
} from './model.ts';
export { formatProblem } from './problems.ts';
export { formatDuration, parseDurationMs } from './time.ts';
export { parseTwinbeatCf, SAFETY_DEFAULTS, type ParsedTwinbeatCf } from './twinbeatCf.ts';
export { parseVip, type VipFailure, type VipResult } from './vip.ts';
