#!/usr/bin/env bash
# The image, without Docker: the steps of docker/Dockerfile in a Debian made by debootstrap, then every role in it.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "only root may chroot and mount"; exit 75; }
command -v debootstrap >/dev/null || { echo "debootstrap is not installed (apt-get install debootstrap)"; exit 75; }
unshare --mount --pid --fork true 2>/dev/null || { echo "namespaces are forbidden here"; exit 75; }

release=$(sed -n 's/^FROM debian:\([a-z]*\)-slim.*/\1/p' "$CHECKOUT/docker/Dockerfile" | head -1)
began=$(date +%s)
debootstrap --variant=minbase "$release" "$SCRATCH/base" >"$SCRATCH/debootstrap.log" 2>&1 ||
    { tail -5 "$SCRATCH/debootstrap.log"; echo "no packages of Debian can be had here"; exit 75; }
echo "debian $release: $(du -sm "$SCRATCH/base" | cut -f1) MB after $(($(date +%s) - began)) s"

mkdir "$SCRATCH/context" "$SCRATCH/run"
(cd "$CHECKOUT" && git -c safe.directory='*' ls-files -z --cached --others --exclude-standard | tar --null -T - -c) |
    tar -x -C "$SCRATCH/context"

# How this machine reaches its package indexes: its resolvers, pip's and npm's settings, and what those name.
seen=""
see() { if [ -e "$1" ] && [ "$1" != / ]; then seen="$seen --bind $1"; fi; }
for path in /etc/resolv.conf /etc/pip.conf /etc/xdg/pip "$HOME/.config/pip" "$HOME/.npmrc"; do see "$path"; done
for path in $("$PYTHON" -m pip config list | grep -oE "(file://)?/[A-Za-z0-9._/-]+" | sed 's,^file://,,; s,/simple/*$,,' | sort -u); do
    case $path in /usr* | /etc* | //*) ;; *) see "$path" ;; esac
done
trusted=/etc/ssl/certs/ca-certificates.crt
if [ -e $trusted ]; then seen="$seen --authorities $trusted"; fi
began=$(date +%s)
# shellcheck disable=SC2086
"$PYTHON" "$CHECKOUT/tools/dockerfile_steps.py" "$SCRATCH/context/docker/Dockerfile" --base "$SCRATCH/base" \
    --context "$SCRATCH/context" --out "$SCRATCH/out" $seen
image=$SCRATCH/out/runtime
echo "built in $(($(date +%s) - began)) s: $(du -sm "$image" | cut -f1) MB, of which packages $(du -sm "$image/opt/venv" | cut -f1), ours $(du -sm "$image/opt/mailplatform" | cut -f1)"
if find "$image/usr/bin" -name 'gcc*' -o -name cc -o -name node -o -name npm -o -name pip | grep .; then exit 1; fi
echo "no compiler, Node.js or pip in it; assets: $(find "$image/opt/mailplatform/static/dist" -name '*.js' | wc -l) scripts"

# Debian's own `docker compose` reads the compose file; that needs no engine.
cat >"$SCRATCH/Compose" <<'STEPS'
FROM debian:trixie-slim AS compose
RUN apt-get update && apt-get install -y --no-install-recommends docker-compose
WORKDIR /try
COPY docker docker
RUN docker/make-secrets && docker-compose -f docker/compose.yaml --profile tools config -q
STEPS
# shellcheck disable=SC2086
"$PYTHON" "$CHECKOUT/tools/dockerfile_steps.py" "$SCRATCH/Compose" --base "$SCRATCH/base" \
    --context "$SCRATCH/context" --out "$SCRATCH/compose" $seen
rm -rf "$SCRATCH/compose"
echo "docker/compose.yaml: valid"

chmod 755 "$SCRATCH"
"$PYTHON" "$CHECKOUT/tests/show/container.py" "$SCRATCH/out" "$SCRATCH/run"
echo "mounts left: $(grep -c "$SCRATCH" /proc/mounts || true)"
