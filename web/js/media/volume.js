/* How loud it was the last time, on this device. */

const KEY = "sluice.volume";


export function keepVolume(element, signal) {
    const { volume, muted } = read();

    element.volume = volume;
    element.muted = muted;
    element.addEventListener("volumechange", () => {
        localStorage.setItem(KEY, JSON.stringify({
            volume: element.volume, muted: element.muted,
        }));
    }, { signal });
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
