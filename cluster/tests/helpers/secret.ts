/** The secret of tests. */
export const SECRET = "the secret of the tests of corral's cluster";
