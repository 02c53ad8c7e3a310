/* How loud it was the last time, on this device. */

const KEY = "sluice.volume";


export function keepVolume(element, signal) {
    const { volume, muted } = read();

    function note() {
        localStorage.setItem(KEY, JSON.stringify({
            volume: element.volume, muted: element.muted,
        }));
    }

    element.volume = volume;
    element.muted = muted;
    element.addEventListener("volumechange", note, { signal });
    /* Who turns it down and leaves at once is gone before the event. */
    addEventListener("pagehide", note, { signal });
}


function read() {
    let stored = null;

    try {
        stored = JSON.parse(localStorage.getItem(KEY));
    } catch {
        stored = null;
    }

    return {
        volume: stored?.volume >= 0 && stored.volume <= 1 ? stored.volume : 1,
        muted: stored?.muted === true,
    };
}
