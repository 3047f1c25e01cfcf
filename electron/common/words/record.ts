/** Why a recording cannot be read or is not whole, and why nothing was heard for a while. */
export const RECORD_SENTENCES = {
  // A recording that cannot be read.
  recordingEmpty: 'the file is empty: export the recording again',
  recordingStub: 'the file is cut off in its first line: export the recording again',
  recordingNone:
    'this is no recording of Twinbeat: expected a file that "twinbeat export SESSION --recording FILE" has written',
  recordingOther:
    'this recording is of format {{theirs}}, and this Twinbeat reads {{ours}}: open it with the Twinbeat that wrote it, or a newer one',
  recordingHead: 'line 1, field {{field}}: {{why}}. The file was changed: get it again from where it was recorded',
  recordingLine: 'line {{line}} is no JSON: the file was changed or damaged; get it again from where it was recorded',
  recordingLong: 'line {{line}} is longer than {{chars}} characters: no recording has such lines',
  recordingDamaged:
    'the file is damaged after line {{line}}, and what stands before cannot be trusted either: get it again from where it was recorded',

  // One that can, but for something.
  recordingCut: 'it is cut off after line {{line}}: what came later is not there',
  recordingLacks: 'lines are missing: it has {{have}} of {{of}}',
  recordingSkipped:
    '{{count}} lines could not be understood and are left out; the first is line {{line}}, field {{field}}',

  // A stretch in which nothing was heard.
  gapNoConnection: 'no connection to the agent',
  gapEventsGone: '{{count}} events are gone from the journal',
  gapProbeEnded: 'the probe ended with status {{status}}',
  gapProbeLost: 'the probe ended with status unknown',
  gapSlept: 'this computer slept',
  gapSleptFor: 'this computer slept for about {{seconds}} s, or its clock was set',
  gapStood: 'this console stood still for {{ms}} ms',
} as const;
