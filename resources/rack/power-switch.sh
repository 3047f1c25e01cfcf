#!/bin/sh
# The rack's power switch as an external plugin of cluster-glue: for Twinbeat's agent and for heartbeat itself.
# It is reached over the rack's management side, which no cable of the rack cuts.
#
#   stonith_host * external/twinbeat-rack hostlist=NODE

ask() {
  ELECTRON_RUN_AS_NODE=1 NODE_OPTIONS= exec "@NODE@" /usr/local/lib/rack/power-switch.mjs "$@"
}

case "$1" in
  gethosts) echo "$hostlist" | tr ', ' '\n\n' ;;
  reset | off | on) ask "$1" "$2" ;;
  status) ask status ${2:+"$2"} ;;
  getconfignames) echo hostlist ;;
  getinfo-devid | getinfo-devname) echo "Twinbeat rack power switch" ;;
  getinfo-devdescr) echo "Cuts and restores the power of the nodes of the built-in rack." ;;
  getinfo-devurl) echo "docs/fencing.md" ;;
  getinfo-xml)
    cat <<'XML'
<parameters><parameter name="hostlist" unique="1" required="1"><content type="string" />
<shortdesc lang="en">Hostlist</shortdesc><longdesc lang="en">The nodes that it may switch</longdesc></parameter></parameters>
XML
    ;;
  *) exit 1 ;;
esac
