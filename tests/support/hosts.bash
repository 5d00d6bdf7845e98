# SPDX-License-Identifier: MIT
# Hosts that are network namespaces of this machine, on one switch: sourced by tests/hosts/run and tests/network/run,
# which set `work` (a folder of theirs), `lockstep` (the command) and `hosts` (names). Needs root and iproute2.
# A namespace is named after its host and the script's process, so that scripts running at the same time leave one
# another alone.
readonly switch=lockstep-switch-$$ network=10.213.97

skip() { echo "SKIPPED: $*"; exit 77; }
fail() { echo "FAILED: $*" >&2; exit 1; }

namespace_of() { echo "$1-$$"; }

# remove_hosts [PID]: those of this script, or of the one that had this number.
remove_hosts() {
  local path
  local -a pids
  for path in /var/run/netns/lockstep-*-"${1:-$$}"; do
    [[ -e $path ]] || continue
    mapfile -t pids < <(ip netns pids "${path##*/}" 2>/dev/null)
    ((${#pids[@]} == 0)) || kill -KILL "${pids[@]}" 2>/dev/null || true
    ip netns del "${path##*/}" 2>/dev/null || true
  done
}

# What scripts that were killed have left behind.
remove_leftovers() {
  local path
  for path in /var/run/netns/lockstep-*; do
    if [[ $path =~ -([0-9]+)$ && ! -d /proc/${BASH_REMATCH[1]} ]]; then remove_hosts "${BASH_REMATCH[1]}"; fi
  done
}

# One namespace for the switch, one for each host, a cable between each two.
lay_cables() {
  local i name
  ip netns add "$switch" && ip -n "$switch" link add switch type bridge && ip -n "$switch" link set switch up || return
  for i in "${!hosts[@]}"; do
    name=$(namespace_of "${hosts[i]}")
    ip netns add "$name" &&
      ip -n "$name" link set lo up &&
      ip -n "$name" link add eth0 type veth peer name "port$i" netns "$switch" &&
      ip -n "$name" address add "$network.$((i + 1))/24" dev eth0 &&
      ip -n "$name" link set eth0 up &&
      ip -n "$switch" link set "port$i" master switch up || return
    echo "$network.$((i + 1)) ${hosts[i]}" >>"$work/hosts"
  done
}

# Makes all hosts, and "$work/on-host" HOST COMMAND..., what mpirun starts its daemons with, as it would use ssh.
make_hosts() {
  local tool
  [[ $EUID == 0 ]] || skip 'making hosts takes root'
  for tool in ip nsenter unshare mpirun "$@"; do
    command -v "$tool" >/dev/null || skip "there is no $tool here (cmake/install-packages test)"
  done
  remove_hosts
  remove_leftovers
  echo '127.0.0.1 localhost' >"$work/hosts"
  lay_cables 2>"$work/error" || skip "network namespaces cannot be made here: $(tail -n 1 "$work/error")"
  unshare --mount --uts true 2>"$work/error" || skip "hosts cannot have names of their own: $(tail -n 1 "$work/error")"
  cat >"$work/on-host" <<AGENT
#!/usr/bin/env bash
host=\$1; shift
exec nsenter --net="/var/run/netns/\$host-$$" unshare --mount --uts \\
  bash -c 'hostname "\$1" && mount --bind "$work/hosts" /etc/hosts && shift && eval "exec \$*"' on-host "\$host" "\$@"
AGENT
  chmod +x "$work/on-host"
}

# mpirun notices by its own keepalive that a host is gone, which takes it 8 minutes unless it is told otherwise.
readonly keepalive=(--mca oob_tcp_keepalive_time 2 --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3)

# on_hosts HOST:RANKS,... ARGUMENTS...: lockstep under an mpirun on the first host.
on_hosts() {
  local list=$1
  shift
  "$work/on-host" "${list%%:*}" env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    mpirun --host "$list" --bind-to none --mca plm_rsh_agent "$work/on-host" --mca plm_rsh_no_tree_spawn 1 \
    "${keepalive[@]}" --mca btl self,vader,tcp --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 \
    "$lockstep" "$@"
}
