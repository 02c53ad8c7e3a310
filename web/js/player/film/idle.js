/* Controls that leave when nobody needs them, and come back when one moves. */

const QUIET = 3000;         /* ms */


/* busy() holds them; changed(asleep) is called as they go and come. A finger's
   first touch only wakes them: fresh() tells whether it is that one. */
export function idle(stage, element, { busy, changed }, signal) {
    let timer = 0;
    let asleep = false;
    let woken = false;      /* by the touch that is going on */

    function set(to) {
        if (asleep !== to) {
            asleep = to;
            stage.classList.toggle("idle", to);
            changed(to);
        }
    }

    function rest() {
        if (element.paused || busy()) {
            wake();
        } else {
            set(true);
        }
    }

    function wake() {
        clearTimeout(timer);
        set(false);
        timer = setTimeout(rest, QUIET);
    }

    stage.addEventListener("pointerdown", () => {
        woken = asleep;
        wake();
    }, { capture: true, signal });
    stage.addEventListener("click", (event) => {
        if (woken && event.pointerType === "touch") {
            event.preventDefault();
            event.stopPropagation();
        }
        woken = false;
    }, { capture: true, signal });
    stage.addEventListener("pointermove", ({ pointerType }) =>
        pointerType === "mouse" && wake(), { signal });
    stage.addEventListener("pointerleave", ({ pointerType }) =>
        pointerType === "mouse" && !busy() && !element.paused && set(true),
                           { signal });
    for (const name of ["focusin", "keydown"]) {
        stage.addEventListener(name, wake, { signal });
    }
    for (const name of ["play", "pause", "seeking"]) {
        element.addEventListener(name, wake, { signal });
    }
    signal.addEventListener("abort", () => clearTimeout(timer));
    wake();

    return { fresh: () => woken, sleep: () => !element.paused && set(true) };
}
