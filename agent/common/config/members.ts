/** Setters of the directives that build lists: nodes, ping nodes, children, fencing devices, environment. */
import { isHost } from './address.ts';
import type { Setter } from './setters.ts';

/** A node name, in characters; the real daemon's field has 100 bytes with its end mark. */
const NODE_NAME_CHARACTERS_MAX = 99;

export const node: Setter = ({ values: [word], draft, problems }) => {
  // The real daemon folds `node` lines and uname alike; on the wire names are lower case.
  const name = word.text.toLowerCase();
  if (!/^[a-z0-9._-]+$/.test(name) || name.length > NODE_NAME_CHARACTERS_MAX) {
    problems.error('bad-node-name', word.at, `"${word.text}" is not a host name as uname -n prints it.`);
  } else if (draft.nodes.some((known) => known.value === name)) {
    problems.warning('duplicate-node', word.at, `Node ${name} is in the file already.`);
  } else {
    draft.nodes.push({ value: name, at: word.at });
  }
};

export const ping: Setter = ({ name, values: [word], draft, problems }) => {
  if (!isHost(word.text)) {
    problems.error('bad-address', word.at, `${name} "${word.text}" is not an address or host name.`);
    return;
  }
  draft.pingNodes.push({ name: word.text, members: [word.text] });
};

export const pingGroup: Setter = ({ values: [name, ...members], draft, problems }) => {
  if (members.length === 0) {
    problems.error('bad-arguments', name.at, 'Expected ping_group <name> <host> [<host> …].');
    return;
  }
  const bad = members.find((member) => !isHost(member.text));
  if (bad !== undefined) {
    problems.error('bad-address', bad.at, `"${bad.text}" is not an address or host name.`);
    return;
  }
  draft.pingNodes.push({ name: name.text, members: members.map((member) => member.text) });
};

/** `respawn <user> <command> [args]`; `failfast` is the same and reboots the machine when the child fails. */
export const respawn: Setter = ({ name, values: [user, command], rest, draft, problems }) => {
  if (command === undefined || !command.text.startsWith('/')) {
    const expected = `Expected ${name} <user> <absolute path of a program> [arguments].`;
    problems.error('bad-arguments', (command ?? user).at, expected);
    return;
  }
  const line = rest.slice(rest.indexOf(command.text, user.text.length));
  draft.respawn.push({ user: user.text, command: line, failfast: name === 'failfast' });
};

export const stonith: Setter = ({ values: [type, file, extra], draft, problems }) => {
  if (file === undefined || extra !== undefined) {
    problems.error('bad-arguments', (extra ?? type).at, 'Expected stonith <type> <parameter file>.');
    return;
  }
  draft.stonith.push({ host: '*', type: type.text, parameters: [], file: file.text });
};

export const stonithHost: Setter = ({ values: [host], rest, draft, problems }) => {
  // Blanks only: a comma belongs to the device, as in hostlist=node1,node2.
  const [name = '', type, ...parameters] = rest.split(/[ \t]+/);
  if (type === undefined) {
    problems.error('bad-arguments', host.at, 'Expected stonith_host <host or *> <type> <parameters>.');
    return;
  }
  draft.stonith.push({ host: name.toLowerCase(), type, parameters, file: null });
};

export const environment: Setter = ({ at, rest, draft, problems }) => {
  const shape = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(rest);
  if (shape === null) {
    problems.error('bad-arguments', at, 'Expected env NAME=value.');
    return;
  }
  draft.environment.set(shape[1] ?? '', shape[2] ?? '');
};

export const apiauth: Setter = ({ values: [client, ...grants], draft, problems }) => {
  if (draft.apiClients.has(client.text)) {
    problems.error('duplicate-apiauth', client.at, `apiauth for ${client.text} is in the file already.`);
  }
  draft.apiClients.add(client.text);
  const bad = grants.find((grant) => !/^(uid=|gid=)?[^=\s]+$/.test(grant.text));
  if (bad !== undefined) {
    problems.error('bad-arguments', bad.at, `"${bad.text}" is not uid=<users> or gid=<groups>.`);
  }
};
