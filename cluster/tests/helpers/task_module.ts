/** The module that most tests serve. */
export const TASKS: string = import.meta.resolve("../fixtures/tasks.ts");
