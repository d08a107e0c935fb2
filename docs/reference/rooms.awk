# SPDX-License-Identifier: Apache-2.0
# Puts what a header declares into the group of its room, engine/ROOM/. Leaves out what needs no
# words (deleted and defaulted functions, destructors), and says once for all what every primitive
# has.
FNR == 1 {
    room = FILENAME
    sub(/.*\/engine\//, "", room)
    sub(/\/[^\/]*$/, "", room)
    gsub(/\//, "_", room)
    before = ""
}
/^namespace heddle.* \{$/ { print; print "/** \\addtogroup " room "\n@{ */"; next }
/^\} \/\/ namespace heddle/ { print "/** @} */"; print; next }
/^ *[^\/]*= (default|delete);( *\/\/.*)?$/ { next }
/^ *(virtual )?~[A-Za-z]+\(\)( noexcept)?( override)?;/ { next }
/ name\(\) const/ && before !~ /^ *\/\/\// { print "/// The name that the timeline shows. Any thread; never blocks." }
/ object\(\) const/ && before !~ /^ *\/\/\// { print "/// What it is in the trace. Any thread; never blocks." }
{ before = $0; print }
