"""The terminal harness of tests/harness for Python: a program on a pty, a virtual terminal behind
it."""
import ctypes
import os
import time

PATIENCE_S = 30
TERMIOS_SIZE = 64  # more than struct termios has


class _Sv(ctypes.Structure):
    _fields_ = [("ptr", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class _Buf(ctypes.Structure):
    _fields_ = [("ptr", ctypes.c_void_p), ("len", ctypes.c_size_t), ("size", ctypes.c_size_t),
                ("cap", ctypes.c_size_t), ("overflowed", ctypes.c_bool)]


class _Options(ctypes.Structure):
    _fields_ = [("argv", ctypes.c_void_p), ("run", ctypes.c_void_p), ("arg", ctypes.c_void_p),
                ("env", ctypes.c_void_p), ("rows", ctypes.c_int), ("cols", ctypes.c_int)]


def _load(build):
    """Declares what is called; a wrong type would be a crash."""
    lib = ctypes.CDLL(os.path.join(build, "tests", "libfaults-terminal.so"))
    h, i, s, b = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_bool
    for name, result, arguments in (
            ("spawn", h, [ctypes.c_void_p]), ("free", None, [h]), ("pid", i, [h]),
            ("send", None, [h, _Sv]), ("keys", b, [h, s]), ("resize", None, [h, i, i]),
            ("hang_up", None, [h]), ("wait", b, [h, s, i]), ("wait_row", b, [h, i, s, i]),
            ("wait_gone", b, [h, s, i]), ("wait_row_gone", b, [h, i, s, i]),
            ("wait_bytes", b, [h, _Sv, i]), ("wait_end", b, [h, ctypes.c_void_p, i]),
            ("wait_stop", b, [h, i]), ("wait_modes", b, [h, b, i]),
            ("screen", None, [h, ctypes.c_void_p]), ("has", b, [h, s]),
            ("is_alternate", b, [h]), ("bytes", _Sv, [h]), ("forget_bytes", None, [h]),
            ("cursor", None, [h] + [ctypes.c_void_p] * 3),
            ("modes", None, [h, ctypes.c_void_p, ctypes.c_void_p])):
        function = getattr(lib, "harness_" + name)
        function.restype, function.argtypes = result, arguments
    return lib


def _strings(texts):
    array = (ctypes.c_char_p * (len(texts) + 1))()
    array[:-1] = [text.encode() for text in texts]
    return array


class Terminal:
    """A program on a terminal. Waits take patience_s at most; those that wait in vain are failures
    that show the screen."""
    lib = None

    def __init__(self, build, argv, env, rows=40, cols=120, patience_s=PATIENCE_S):
        if Terminal.lib is None:
            Terminal.lib = _load(build)
        self.patience_ms = int(patience_s * 1000)
        words = _strings([str(word) for word in argv])
        entries = _strings([name if value is None else f"{name}={value}"
                            for name, value in env.items()])
        options = _Options(ctypes.addressof(words), None, None, ctypes.addressof(entries),
                           rows, cols)
        self.handle = self.lib.harness_spawn(ctypes.byref(options))
        self.pid = self.lib.harness_pid(self.handle)

    def free(self):
        if self.handle:
            self.lib.harness_free(self.handle)
        self.handle = None

    # --- in ---

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        self.lib.harness_send(self.handle, _Sv(ctypes.cast(data, ctypes.c_void_p), len(data)))

    def keys(self, names):
        assert self.lib.harness_keys(self.handle, names.encode()), f"no such key in {names!r}"

    def type(self, text):
        """Key by key, as a person does it: what comes at once is taken for a paste."""
        for char in text:
            self.send(char)
            self.bytes()

    def resize(self, rows, cols):
        self.lib.harness_resize(self.handle, rows, cols)

    def hang_up(self):
        self.lib.harness_hang_up(self.handle)

    # --- out ---

    def screen(self):
        out = _Buf()
        self.lib.harness_screen(self.handle, ctypes.byref(out))
        text = ctypes.string_at(out.ptr, out.len).decode() if out.len else ""
        ctypes.CDLL(None).free(ctypes.c_void_p(out.ptr))
        return text

    def rows(self):
        return self.screen().split("\n")

    def bytes(self):
        sv = self.lib.harness_bytes(self.handle)
        return ctypes.string_at(sv.ptr, sv.len) if sv.len else b""

    def forget_bytes(self):
        self.lib.harness_forget_bytes(self.handle)

    def has(self, text):
        return self.lib.harness_has(self.handle, text.encode())

    def is_alternate(self):
        return self.lib.harness_is_alternate(self.handle)

    def cursor_is_visible(self):
        row, col, visible = ctypes.c_int(), ctypes.c_int(), ctypes.c_bool()
        self.lib.harness_cursor(self.handle, ctypes.byref(row), ctypes.byref(col),
                                ctypes.byref(visible))
        return visible.value

    def modes(self):
        """The terminal's modes: (as they are now, as they were before the program began)."""
        now = ctypes.create_string_buffer(TERMIOS_SIZE)
        before = ctypes.create_string_buffer(TERMIOS_SIZE)
        self.lib.harness_modes(self.handle, now, before)
        return now.raw, before.raw

    # --- waiting ---

    def _wait(self, name, what, *arguments, patience_s=None):
        patience_ms = self.patience_ms if patience_s is None else int(patience_s * 1000)
        if not getattr(self.lib, "harness_" + name)(self.handle, *arguments, patience_ms):
            raise AssertionError(f"waited {patience_ms / 1000:g} s for {what}; the screen:\n"
                                 + self.screen().rstrip())

    def wait(self, text, patience_s=None):
        self._wait("wait", repr(text), text.encode(), patience_s=patience_s)

    def wait_row(self, row, text, patience_s=None):
        self._wait("wait_row", f"{text!r} on row {row}", row, text.encode(), patience_s=patience_s)

    def wait_gone(self, text, patience_s=None):
        self._wait("wait_gone", f"{text!r} to go", text.encode(), patience_s=patience_s)

    def wait_bytes(self, data, patience_s=None):
        self._wait("wait_bytes", repr(data), _Sv(ctypes.cast(data, ctypes.c_void_p), len(data)),
                   patience_s=patience_s)

    def wait_stop(self, patience_s=None):
        self._wait("wait_stop", "it to stop", patience_s=patience_s)

    def wait_modes(self, restored, patience_s=None):
        self._wait("wait_modes", "the terminal's modes", restored, patience_s=patience_s)

    def wait_any(self, *texts, patience_s=None):
        """Which of texts came first."""
        until = time.monotonic() + (patience_s or self.patience_ms / 1000)
        while time.monotonic() < until:
            screen = self.screen()
            for text in texts:
                if text in screen:
                    return text
            self.lib.harness_wait(self.handle, texts[0].encode(), 20)
        raise AssertionError(f"waited for one of {texts!r}; the screen:\n{self.screen().rstrip()}")

    def end(self, patience_s=None):
        """Its exit status, 128 and more for a signal."""
        status = ctypes.c_int()
        self._wait("wait_end", "its end", ctypes.byref(status), patience_s=patience_s)
        code = os.waitstatus_to_exitcode(status.value)
        return code if code >= 0 else 128 - code

    def must_be_restored(self):
        """As if nothing had been there."""
        now, before = self.modes()
        assert now == before, "the terminal's modes are not those of before"
        assert not self.is_alternate(), "still on the alternate screen"
        assert self.cursor_is_visible(), "the cursor is still hidden"
        for off in (b"\x1b[?1006;1002l", b"\x1b[?2004l", b"\x1b[?1004l"):
            assert off in self.bytes(), f"{off!r} was never written"
