/** Fixed times and bounds of the engine, each with its origin. Everything an operator may choose is in EngineConfig. */

/** Sent messages kept for retransmission. The real daemon keeps 500 and answers older requests with a NAK. */
export const HISTORY_MESSAGES_MAX = 500;

/** A gap wider than this is not repaired message by message: tracking starts anew. The real daemon's bound. */
export const LOST_MESSAGES_MAX = 250;

/** Most messages re-sent for one request. The real daemon's bound. */
export const REXMIT_BURST_MAX = 50;

/** Shortest wait before the first retransmission request, so that mere reordering over two links asks for nothing. */
export const REXMIT_FIRST_MIN_MS = 50;

/**
 * How far behind the newest sequence number a copy may be and still show that its link works.
 * A 19200 baud line carries about six messages a second; at burst it lags by some dozens, not more.
 */
export const LINK_DUPLICATE_WINDOW = 64;

/**
 * How long a real daemon must have advertised one deadtime before it is taken to be its own: it adds two seconds in the first
 * five after its start, and thirty seconds in the last one before it restarts itself.
 */
export const REAL_DEADTIME_STEADY_MS = 6000;

/** Its clock counts hundredths of a second: a deadtime between two of them is advertised as one of them. */
export const REAL_TICK_MS = 10;

/** Unanswered `reqnodes` are repeated this often. The real daemon's period. */
export const REQNODES_RETRY_MS = 1000;

/** A node that heard reports but no settled one starts its own groups after this. The real daemon's deadline. */
export const SETTLE_DEADLINE_MS = 10_000;

/** No answer to a standby request for this long: it is withdrawn. The real daemon's time. */
export const STANDBY_REPLY_MS = 10_000;

/** Longest time one side may take to stop or start groups during a standby. The real daemon's time. */
export const STANDBY_WORK_MS = 3_600_000;

/** Pause before another automatic failback after one that was not answered or refused. */
export const FAILBACK_RETRY_MS = 1000;

/**
 * How long both nodes must have reported themselves settled, with a set claimed by neither, before a
 * node starts it: its preferred node almost at once (the report of a hand-over may still be on its way), the
 * other node only when the preferred one evidently does not.
 */
export const ORPHAN_LOCAL_MS = 300;
export const ORPHAN_FOREIGN_MS = 3000;

/**
 * The same for the other node while a preferred one that is a Twinbeat node has not said that it could not start the set: then it is about
 * to, though packets that get lost may put it off, and both would start at the same moment.
 */
export const ORPHAN_UNSAID_MS = 15_000;

/** Age of the heartbeat on whose evidence such a set is started: as long as a host may take from arrival to step. */
export const ORPHAN_EVIDENCE_MS = 50;

/**
 * After `shutdone` the engine stays this long to answer retransmission requests, unless the peer
 * acknowledged earlier. The real daemon beats on for about two seconds.
 */
export const STOP_LINGER_MS = 1000;

/** Added to the deadtime as silence before a restart that a real peer must notice: it sleeps ceil(deadtime) + 1 s itself. */
export const RESTART_SILENCE_EXTRA_MS = 1000;

/**
 * Both nodes claim a set and the peer is a real heartbeat, which only logs it. It restarts itself about two
 * seconds after a healed partition that it noticed; one that did not is resolved by our own restart after this.
 */
export const REAL_CONFLICT_MS = 15_000;

/** A step this much later than asked for counts as late: packets may wait unread, so silence proves nothing yet. */
export const LATE_STEP_MS = 50;

/** Copies of our newest heartbeats remembered per link, to recognise their echoes. */
export const ECHO_MEMORY = 64;

/** Echo samples per link from which the best (shortest round trip) gives the clock offset. */
export const OFFSET_SAMPLES = 16;

/** ipfail waits this many keepalives between the decision to give up and the deed. The real one's number. */
export const IPFAIL_DELAY_KEEPALIVES = 2;

/** A give-up that met resources in flux is considered again this long after both nodes have settled. The real ipfail's time. */
export const IPFAIL_SETTLE_MS = 10_000;

/**
 * An unanswered `ip-request` is repeated this often. The real daemon asks once and then waits for ever; a request that comes
 * while its scripts still stop the group costs it one more look at the group, so it need not come often.
 */
export const IP_REQUEST_RETRY_MS = 5000;

/** A set that cannot be stopped, and must be, is stopped again this often: seldom enough that a hanging script is not started twice a second. */
export const STOP_RETRY_MS = 5000;

/** Wait after a failed fencing. The real daemon's time; it retries for ever, and so do we. */
export const FENCE_RETRY_MS = 5000;

/**
 * How old a ping node's newest reply may be, in keepalives, to speak for our side of the network at the moment of seizing. A
 * reply is due every keepalive; with three one lost echo is forgiven. Older ones may be from before the fault that cut us off.
 */
export const REFERENCE_FRESH_KEEPALIVES = 3;

/** A valid heartbeat this many keepalives ago, or fewer: the peer is heard, whatever else comes in its name. */
export const HEARD_KEEPALIVES = 2;

/** Packets that fail authentication are summed up by the host and told at most this often for each link. */
export const REJECTED_SUMMARY_MS = 1000;

/**
 * Shortest time for which a packet with a wrong key in the peer's name counts as a sign of its life. The host sums such packets
 * up and reports them once a second; with a shorter deadtime two reports would otherwise lie too far apart.
 */
export const REJECTED_MEMORY_MIN_MS = 3000;

/** The peer is told at most this often to let the same address go: its removal takes about a second, the next look at the LAN as long. */
export const LET_GO_REPEAT_MS = 3000;

/** A Twinbeat peer that is active and has not said what it holds after this many heartbeats is asked, with every further one. */
export const MUTE_KEEPALIVES = 2;
