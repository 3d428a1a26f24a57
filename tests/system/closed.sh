#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a short recording gives, held against a much wider use: nothing is refused and nothing fails, neither in
# the service that was recorded nor, where --portable decided, in the one of the next Debian or built against
# musl; and the list stays small. bench/closed does the same for more services.
: "${SOURCE:=$(cd "$(dirname "$0")/../.." && pwd)}"
. "$SOURCE/tests/tap.sh"
services=(nginx redis memcached)
# All names, those of libraries below the service included: nginx has 111, redis 107, memcached 105.
declare -A budget=([nginx]=113 [redis]=109 [memcached]=107)

# Its rows: service, level, names allowed, calls missed, steps failed, calls refused, these by name.
"$SOURCE/bench/closed" -l closed,portable,trixie,musl -j 2 -o "$tap_directory/rows" "${services[@]}" 2>&1 | sed 's/^/# /'

# row SERVICE LEVEL: into allowed, missed, failed, refused, names and, of `used`, all.
row()
{
	# A tab is a space to read: of two it makes one.
	IFS='|' read -r _ _ allowed missed failed refused names all < <(grep -P "^$1\t$2\t" "$tap_directory/rows" | tr '\t' '|')
	[[ $allowed ]] || fail "$1 was not measured at $2"
}

does_much()
{
	row "$1" used || return
	((all >= 10 && failed < all / 3)) || fail "of $all steps $failed fail without a filter"
}

holds()
{
	row "$1" used || return
	local steps=$all

	row "$1" "$2" || return
	expect_equal "refused: 0 ()" "refused: $refused ($names)"
	# A step that waits for the clock may fail by itself; a service that a list breaks fails in most.
	((failed <= steps / 10)) || fail "of $steps steps $failed fail under the filter"
}

is_small()
{
	row "$1" closed || return
	((allowed <= ${budget[$1]})) || fail "$allowed names are allowed: more than ${budget[$1]}"
}

for service in "${services[@]}"; do
	case_ "$service: the wide use works without a filter" does_much "$service"
	case_ "$service: the level closed refuses nothing of it" holds "$service" closed
	case_ "$service: with at most ${budget[$service]} names" is_small "$service"
	case_ "$service: --portable refuses nothing of it" holds "$service" portable
	case_ "$service: nor anything of what Debian 13's does" holds "$service" trixie
done
for service in redis memcached; do
	case_ "$service: nor anything of what a build against musl does" holds "$service" musl
done
finish
