#!/bin/sh
# Installs the programs that some tests need: Prometheus with promtool, Alertmanager with amtool, Chromium with its
# driver, systemd-analyze, and curl.
set -eu
packages=
missing() { ! command -v "$1" >/dev/null; }
if missing prometheus || missing promtool; then packages="$packages prometheus"; fi
if missing prometheus-alertmanager || missing amtool; then packages="$packages prometheus-alertmanager"; fi
if missing chromium; then packages="$packages chromium"; fi
if missing chromedriver; then packages="$packages chromium-driver"; fi
if missing systemd-analyze; then packages="$packages systemd"; fi
if missing curl; then packages="$packages curl"; fi
if [ -z "$packages" ]; then
    echo "prometheus, promtool, prometheus-alertmanager, amtool, chromium, chromedriver, systemd-analyze, curl are there"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "tools/install.sh knows Debian's packages only: install$packages, and put them on the PATH" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# No service: the tests start their own Prometheus. policy-rc.d keeps the package from starting one.
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$guard"
    chmod +x "$guard"
    trap 'rm -f "$guard"' EXIT
fi
# shellcheck disable=SC2086 # several words on purpose
apt-get install -q -y --no-install-recommends $packages
