#!/usr/bin/env bash
# As a newcomer: a clean clone, an empty home, a user without rights, and nothing on the PATH but Node, npm and the
# system's own tools. Both commands of the README must succeed, and the second run of each must install nothing. Then the
# pages of the guide that need no more than that are followed.
set -eu
cd "$(dirname "$0")/../.."
source=$PWD

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone -q "$source" "$work/aftertrace"
mkdir "$work/home" "$work/bin"
# The machine's own Node and npm, by absolute path, whatever manager put them there.
node=$(readlink -f "$(PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v node_modules | paste -sd:) command -v node)")
ln -s "$node" "$work/bin/node"
for tool in npm npx; do
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$node" "$(readlink -f "$(dirname "$node")/$tool")" >"$work/bin/$tool"
  chmod +x "$work/bin/$tool"
done

as_user=()
if [ "$(id -u)" -eq 0 ]; then
  chown -R nobody: "$work" && chmod 755 "$work"
  as_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
newcomer() {
  local settings=(HOME="$work/home" PATH="$work/bin:/usr/bin:/bin" CI=)
  # How this machine reaches its package registry is the machine's business: hand it on as it is.
  while IFS= read -r name; do settings+=("$name=${!name}"); done < <(compgen -e | grep -iE '^(npm_config_.*(registry|cafile|proxy)|https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_(file|dir))$' || true)
  if [ -n "${cafile:-}" ] && [ "$cafile" != null ]; then settings+=("npm_config_cafile=$cafile"); fi
  (cd "$work/aftertrace" && "${as_user[@]}" env -i "${settings[@]}" "$@")
}

cafile=$(npm config get cafile 2>/dev/null || true)
newcomer node --version
for command in demo test; do
  for round in first second; do
    echo "-- $command, $round run"
    # What the second run installs shows before the first test: a few tests are enough for it.
    arguments=()
    if [ "$command $round" = 'test second' ]; then arguments=(packages/schema); fi
    newcomer npx -y pnpm@12.21.0 "$command" "${arguments[@]}" >"$work/out" 2>&1 || { tail -n 100 "$work/out"; exit 1; }
    if [ "$round" = second ] && grep -qE 'Packages: \+|downloaded [1-9]|added [1-9]' "$work/out"; then
      echo "the second run of '$command' installed something:"
      grep -E 'Packages:|downloaded|added' "$work/out"
      exit 1
    fi
    tail -n 3 "$work/out"
  done
done
echo '-- test:guide'
newcomer npx -y pnpm@12.21.0 test:guide >"$work/out" 2>&1 || { tail -n 100 "$work/out"; exit 1; }
grep -a 'Tests' "$work/out"
echo 'both commands and the guide hold for a newcomer'
