# layers.awk: dependencies point one way. Reads "file:include" pairs made by tests/lint/layers and
# prints every include that goes against the table; exits 1 when there is one.
#
# A room may include its own headers and those of the rooms named behind it. A name that ends in
# .h is that one header only.
BEGIN {
    FS = "|"
    may["core/base"] = ""
    may["core/run"] = "core/base"
    may["core/net"] = "core/base core/run"
    may["core/aws"] = "core/base core/run core/net"
    may["core/session"] = "core/base core/run core/net core/aws"
    may["core/model"] = "core/base"
    may["core/store"] = "core/base"
    may["core/change"] = "core/base core/run core/aws core/store"
    may["core/gov"] = "core/base core/run core/aws core/session core/model core/store core/change"
    may["tui"] = "core/base core/model/rows.h"
    may["views"] = "core/base core/run core/net core/aws core/session core/model core/store core/change core/gov tui"
    may["tests/sandbox"] = "core/base"
    may["tests/harness"] = "core/base"

    # What comes from outside has one door each: header -> the files or folder that may open it.
    door["curses.h"] = "tui/terminal/term.c tui/terminal/terminfo.c"
    door["curl/curl.h"] = "core/net/"
    door["readline/readline.h"] = "tui/prompt.c"
    door["readline/history.h"] = "tui/prompt.c"
    door["libssh2.h"] = "core/session/ssh/"
    door["libssh2_sftp.h"] = "core/session/ssh/"
    door["wslay/wslay.h"] = "core/net/ws_frames.c"
    door["expat.h"] = "core/aws/wire/xml.c tests/sandbox/"
    door["vterm.h"] = "tui/vt/vt.c"
    door["sqlite3.h"] = "core/store/cache.c"
    door["core/aws/client_change.h"] = "core/change/ core/aws/"
    door["core/aws/client_session.h"] = "core/session/ core/aws/"
}

function room_of(path,    parts, n) {
    n = split(path, parts, "/")
    if (parts[1] == "core" || parts[1] == "tests") return parts[1] "/" parts[2]
    return parts[1]
}

function opened_by(file, who,    names, n, i) {
    n = split(who, names, " ")
    for (i = 1; i <= n; i++) {
        if (file == names[i]) return 1
        if (names[i] ~ /\/$/ && index(file, names[i]) == 1) return 1
    }
    return 0
}

function allowed(room, header,    names, n, i) {
    if (room_of(header) == room) return 1
    n = split(may[room], names, " ")
    for (i = 1; i <= n; i++) {
        if (header == names[i]) return 1
        if (names[i] !~ /\.h$/ && room_of(header) == names[i]) return 1
    }
    return 0
}

{
    file = $1; header = $2; room = room_of(file)
    sub(/^ncursesw?\//, "", header)
    if (header in door && file !~ /^tests\/(unit|torture|conformance|bench|fuzz|harness)/ &&
        !opened_by(file, door[header])) {
        print file ": " header " may be included by " door[header] " only"
        bad = 1
    }
    if ((room in may) && header ~ /^(core|tui|views|tests)\// && !allowed(room, header)) {
        print file ": " room " may not know " header
        bad = 1
    }
}

END { exit bad }
