/** What stops the command, with a message for its user: no stack is of any use. */
export abstract class CliError extends Error {}
