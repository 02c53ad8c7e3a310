/* A film on the whole screen, or in a small window above others. */

const MODE = "picture-in-picture";      /* WebKit's word for it */


export function isFull(stage) {
    return document.fullscreenElement === stage;
}


/* stage is what is seen then; phones that cannot show the film alone. */
export async function toggleFull(stage, film) {
    if (document.fullscreenElement) {
        await document.exitFullscreen();
    } else if (stage.requestFullscreen) {
        await stage.requestFullscreen().catch(() => {});
        if (film.videoWidth > film.videoHeight) {
            await screen.orientation?.lock?.("landscape").catch(() => {});
        }
    } else {
        film.webkitEnterFullscreen?.();
    }
}


export function canBeSmall(film) {
    return document.pictureInPictureEnabled === true
        || film.webkitSupportsPresentationMode?.(MODE) === true;
}


export async function toggleSmall(film) {
    if (film.requestPictureInPicture) {
        await (document.pictureInPictureElement === film
            ? document.exitPictureInPicture() : film.requestPictureInPicture())
            .catch(() => {});
    } else if (film.webkitSetPresentationMode) {
        film.webkitSetPresentationMode(
            film.webkitPresentationMode === MODE ? "inline" : MODE);
    }
}
