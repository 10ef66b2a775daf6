#!/usr/bin/env bash
# Signatures of ours, believed by dkimpy's dkimverify and by OpenDKIM's opendkim-testmsg; those of OpenDKIM's milter by us.
# Each asks a name server on loopback, at port 53 of a network of its own.
set -euo pipefail

if command -v opendkim >/dev/null && command -v opendkim-testmsg >/dev/null; then
    programs=$(dirname "$(command -v opendkim)")
else
    # Unpacked, not installed, with the libraries that it links and those that they do.
    libraries() { LC_ALL=C apt-cache depends --important "$@" | awk '/Depends: lib/ && !/: lib(c6|ssl3|perl)/ {print $2}' | sort -u; }
    direct=$(libraries opendkim opendkim-tools)
    apt-get download opendkim opendkim-tools $(printf '%s\n' $direct $(libraries $direct) | sort -u) >apt.log 2>&1 ||
        { echo "OpenDKIM is not here and cannot be fetched (apt-get install opendkim opendkim-tools)"; exit 75; }
    for package in *.deb; do dpkg -x "$package" "$SCRATCH/debian"; done
    programs=$SCRATCH/debian/usr/sbin
    LD_LIBRARY_PATH=$(find "$SCRATCH/debian" -name '*.so.*' -printf '%h\n' | sort -u | tr '\n' ':')
    export LD_LIBRARY_PATH
    ! ldd "$programs/opendkim" "$programs/opendkim-testmsg" | grep 'not found' ||
        { echo "OpenDKIM lacks these (apt-get install opendkim opendkim-tools)"; exit 75; }
fi
command -v ip >/dev/null || { echo "needs ip (Debian: iproute2)"; exit 75; }
unshare --user --map-root-user --net --mount true 2>unshare.log ||
    { echo "needs a network of its own, which unshare may not make here"; exit 75; }

echo "nameserver 127.0.0.1" >resolv.conf
unshare --user --map-root-user --net --mount bash -euc '
    ip link set lo up
    mount --bind "$SCRATCH/resolv.conf" "$(readlink -f /etc/resolv.conf)"
    "$PYTHON" "$CHECKOUT/tests/show/opendkim.py" "$1" "$SCRATCH"
' - "$programs"
