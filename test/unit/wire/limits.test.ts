import { expect, test } from 'vitest';
import type { Keyring } from '../../../agent/common/base/keyring.ts';
import { decodePacket, encodeNetstring, encodeText } from '../../../agent/common/wire/codec.ts';
import {
  FIELDS_MAX,
  NODE_NAME_CHARACTERS_MAX,
  PACKET_BYTES_MAX,
  SERIAL_FRAME_BYTES_MAX,
} from '../../../agent/common/wire/limits.ts';
import { binary, text, type WireMessage } from '../../../agent/common/wire/message.ts';

const KEYRING: Keyring = { signIndex: 15, keys: new Map([[15, { method: 'sha256', secret: 'x'.repeat(200) }]]) };

/** As long as our heartbeat can get: names at their limit, eight links with the long names of USB adapters. */
function largestHeartbeat(): WireMessage {
  const name = 'n'.repeat(NODE_NAME_CHARACTERS_MAX);
  const link = '/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0';
  const milliseconds = '99999999999.999';
  return {
    fields: [
      ...[text('t', 'status'), text('st', 'active'), text('dt', '5265c00'), text('protocol', '1')],
      ...[text('tbv', '1'), text('tbl', link), text('tbt', milliseconds)],
      text('tbe', Array.from({ length: 8 }, () => `${link},${milliseconds},86400000.000`).join(';')),
      ...[text('src', name), binary('srcuuid', new Uint8Array(16)), text('seq', 'ffffffff'), text('hg', 'ffffffff')],
      ...[text('ts', 'ffffffffff'), text('ld', '9999.99 9999.99 9999.99 9999/99999 9999999'), text('ttl', '257')],
    ],
  };
}

test('our largest heartbeat fits half a serial frame and half the fields', () => {
  const packet = encodeText(largestHeartbeat(), KEYRING);
  expect(packet.length).toBeLessThan(SERIAL_FRAME_BYTES_MAX / 2);
  expect(largestHeartbeat().fields.length).toBeLessThan(FIELDS_MAX / 2);
  expect(decodePacket(packet, KEYRING).ok).toBe(true);
  expect(decodePacket(encodeNetstring(largestHeartbeat(), KEYRING, { innerAuth: true }), KEYRING).ok).toBe(true);
});

test('whatever the serial line may carry, the codec looks at', () => {
  expect(SERIAL_FRAME_BYTES_MAX).toBeLessThan(PACKET_BYTES_MAX);
});
