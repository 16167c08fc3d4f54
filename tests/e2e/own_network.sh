# A network and mounts of its own for a script, with all ports free: as root alone. Source it before lib.sh.
if [ "$(id -u)" != 0 ]; then
    echo "ok - $(basename "$0" .sh) is not tried: a network of its own needs root"
    exit 0
fi
[ -n "${OWN_NETWORK:-}" ] || OWN_NETWORK=yes exec unshare --net --mount "$0" "$@"
ip link set lo up
