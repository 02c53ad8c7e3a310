/*
 * What one chose for films in general, on this device: {lines, sound, subtitles,
 * estimate}, where sound and subtitles are languages.
 */

const KEY = "sluice.player";


export function choices() {
    try {
        return JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {
        return {};
    }
}


/* Those that change; undefined is none. */
export function choose(changed) {
    localStorage.setItem(KEY, JSON.stringify({ ...choices(), ...changed }));
}
