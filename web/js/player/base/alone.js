/* One thing plays at a time: what begins lets the others of the page stop. */

export function playAlone() {
    document.addEventListener("play", ({ target }) => {
        for (const other of document.querySelectorAll("video, audio")) {
            if (other !== target) {
                other.pause();
            }
        }
    }, { capture: true });
}
