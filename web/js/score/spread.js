/* Which pages lie open together. Pages count from 1. */


/* The open pages, one or two, that show page. */
export function spread(page, pages, two) {
    if (!two) {
        return [page];
    }

    const left = page - (page + 1) % 2;
    return left < pages ? [left, left + 1] : [left];
}


/* The page to show after turning; by is +1 or -1 sheets. */
export function turned(page, pages, two, by) {
    const [left] = spread(page, pages, two);
    const to = left + by * (two ? 2 : 1);

    return to < 1 || to > pages ? page : to;
}


/*
 * The same by half pages: first the upper half of the next page comes above
 * the lower half of this one, which is still being played. Takes and answers
 * {page, half}, where half tells that it is so.
 */
export function halfTurned({ page, half }, pages, by) {
    if (by > 0) {
        return half ? { page: page + 1, half: false }
            : { page, half: page < pages };
    }
    return half || page === 1 ? { page, half: false }
        : { page: page - 1, half: true };
}
