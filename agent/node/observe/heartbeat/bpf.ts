/** Classic BPF with labels: the packet filter of a capture, as the bytes that the kernel takes. No I/O. */

/** Loads a value, or ends: `k` is an offset, or for `ret` how much of the packet is handed over (0: nothing). */
type Load = { readonly code: 'ldh' | 'ldb' | 'ldh-indexed' | 'ldx-ip-header'; readonly k: number };
/** Compares what was loaded with `k`; a missing label means the next instruction. `set`: any common bit. */
type Jump = { readonly code: 'equal' | 'set'; readonly k: number; readonly yes?: string; readonly no?: string };
type Return = { readonly code: 'ret'; readonly k: number };

export type Instruction = (Load | Jump | Return) & { readonly label?: string };

/** linux/bpf_common.h: class, size, mode and operation added up. */
const CODES: Readonly<Record<Instruction['code'], number>> = {
  ldh: 0x28,
  ldb: 0x30,
  'ldh-indexed': 0x48,
  'ldx-ip-header': 0xb1,
  equal: 0x15,
  set: 0x45,
  ret: 0x06,
};

const INSTRUCTION_BYTES = 8;

/** The program as bytes. Labels stand behind the jumps to them; an unknown one is a bug. */
export function assemble(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(program.length * INSTRUCTION_BYTES);
  const distance = (from: number, label: string | undefined): number => {
    if (label === undefined) return 0;
    const to = program.findIndex((instruction, i) => i > from && instruction.label === label);
    if (to < 0) throw new RangeError(`no instruction behind ${from} is labelled ${label}`);
    return to - from - 1;
  };
  program.forEach((instruction, i) => {
    const at = i * INSTRUCTION_BYTES;
    bytes.writeUInt16LE(CODES[instruction.code], at);
    if (instruction.code === 'equal' || instruction.code === 'set') {
      bytes.writeUInt8(distance(i, instruction.yes), at + 2);
      bytes.writeUInt8(distance(i, instruction.no), at + 3);
    }
    bytes.writeUInt32LE(instruction.k, at + 4);
  });
  return bytes;
}
