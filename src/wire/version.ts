/** The version of this library, as sent in the first frame of each direction. */
export const VERSION = "0.1.0";
