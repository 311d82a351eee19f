/** Completion scripts for shells, made from the table of options. */

import type { CompletionFlag } from "../options/flag.ts";

/** A shell that completes. */
export type Shell = "bash" | "zsh" | "fish";

/** A command, as completion sees it. */
export interface CompletionCommand {
  readonly name: string;
  /** One line. */
  readonly help: string;
  readonly options: readonly CompletionFlag[];
  /** What its other arguments are. */
  readonly arguments?: "files" | readonly string[];
}

/** The script that makes a shell complete a program's commands and options; the shell evaluates it. */
export function completionScript(shell: Shell, program: string, commands: readonly CompletionCommand[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](program, commands);
}

const GLOBAL: readonly CompletionFlag[] = [
  { long: "help", help: "Show what there is" },
  { long: "version", help: "Show the version" },
];

function bashScript(program: string, commands: readonly CompletionCommand[]): string {
  return `# Completion of ${program} for bash: source <(${program} completion bash)
${functionOf(program)}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD-1]} equals= command= i
  # bash splits words at "=".
  if [[ $cur == = ]]; then
    cur= equals=1
  elif [[ $flag == = ]]; then
    flag=\${COMP_WORDS[COMP_CWORD-2]} equals=1
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then command=\${COMP_WORDS[i]}; break; fi
  done
  COMPREPLY=()
  case $command in
    "") ${bashReply([...commands.map(({ name }) => name), ...longNames(GLOBAL)])} ;;
${commands.map(bashCommand).join("\n")}
  esac
}
complete -o default -F ${functionOf(program)} ${program}
`;
}

function bashCommand({ name, options, arguments: rest = [] }: CompletionCommand): string {
  const words = rest === "files" ? [] : rest;
  return `    ${name})
      case $equals$flag in
${options.filter(({ value }) => value !== undefined).map(bashOption).join("\n")}
      esac
      if [[ $cur == -* ]]; then
        ${bashReply(longNames(options))}
      else
        ${bashReply(words)}
      fi ;;`;
}

/** After a flag whose value may be left out, only "=" begins a value. */
function bashOption({ long, short, value, optionalValue = false }: CompletionFlag): string {
  const names = [`--${long}`, ...(short === undefined ? [] : [`-${short}`])];
  const patterns = names.flatMap((name) => [`1${name}`, ...(optionalValue ? [] : [name])]);
  return `        ${patterns.join("|")}) ${bashReply(value?.choices ?? [])}; return ;;`;
}

function bashReply(words: readonly string[]): string {
  return words.length === 0 ? ":" : `COMPREPLY=($(compgen -W ${quote(words.join(" "))} -- "$cur"))`;
}

function longNames(options: readonly CompletionFlag[]): string[] {
  return options.map(({ long }) => `--${long}`);
}

function zshScript(program: string, commands: readonly CompletionCommand[]): string {
  const names = commands.map(({ name, help }) => quote(`${name}:${help.replaceAll(":", "\\:")}`));
  const global = GLOBAL.map(({ long, help }) => quote(`(- *)--${long}[${zshText(help)}]`));
  const name = functionOf(program);
  return `#compdef ${program}
# Completion of ${program} for zsh: source <(${program} completion zsh)
${name}_commands() {
  local -a commands=(${names.join(" ")})
  _describe command commands
}
${name}() {
  local curcontext=$curcontext state line
  _arguments -C ${global.join(" ")} ${quote(`1:command:${name}_commands`)} '*::argument:->argument'
  [[ $state == argument ]] || return
  case $line[1] in
${commands.map(zshCommand).join("\n")}
  esac
}
if [[ $funcstack[1] == ${name} ]]; then ${name} "$@"; else compdef ${name} ${program}; fi
`;
}

function zshCommand({ name, options, arguments: rest = [] }: CompletionCommand): string {
  const words = rest === "files" ? "_files" : `(${rest.join(" ")})`;
  const specs = [...options.flatMap(zshOption), ...(rest.length === 0 ? [] : [`*:argument:${words}`])];
  return `    ${name})
      _arguments -s -S ${specs.map(quote).join(" \\\n        ")} ;;`;
}

function zshOption(
  { long, short, help, value, optionalValue = false, repeatable = false }: CompletionFlag,
): string[] {
  const names = [`--${long}`, ...(short === undefined ? [] : [`-${short}`])];
  const before = repeatable ? "*" : names.length === 1 ? "" : `(${names.join(" ")})`;
  return names.map((name) => {
    if (!value) return `${before}${name}[${zshText(help)}]`;
    const joint = name.startsWith("--") ? optionalValue ? "=-" : "=" : "+";
    return `${before}${name}${joint}[${zshText(help)}]${optionalValue ? "::" : ":"}${zshText(value.name)}:${
      zshValue(value)
    }`;
  });
}

function zshValue({ choices, files }: NonNullable<CompletionFlag["value"]>): string {
  if (choices) return `(${choices.join(" ")})`;
  return files === undefined ? " " : files === "folder" ? "_files -/" : "_files";
}

function zshText(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, "\\$&");
}

function fishScript(program: string, commands: readonly CompletionCommand[]): string {
  const complete = `complete -c ${program}`;
  const lines = commands.flatMap((command) => {
    const { name, help, options, arguments: rest = [] } = command;
    const seen = `__fish_seen_subcommand_from ${name}`;
    const inCommand = `${complete} -n ${fishQuote(seen)}`;
    return [
      `${complete} -n __fish_use_subcommand -a ${name} -d ${fishQuote(help)}`,
      ...options.map((option) => `${inCommand} ${fishOption(option)}`),
      ...(rest === "files"
        ? [`${complete} -n ${fishQuote(`${seen}; and not string match -q -- '-*' (commandline -ct)`)} -F`]
        : rest.length > 0
        ? [`${inCommand} -a ${fishQuote(rest.join(" "))}`]
        : []),
    ];
  });
  const global = GLOBAL.map((option) => `${complete} -n __fish_use_subcommand ${fishOption(option)}`);
  return [
    `# Completion of ${program} for fish: ${program} completion fish | source`,
    `${complete} -f`,
    ...global,
    ...lines,
  ]
    .join("\n") + "\n";
}

function fishOption({ long, short, help, value, optionalValue = false }: CompletionFlag): string {
  const names = `-l ${long}${short === undefined ? "" : ` -s ${short}`} -d ${fishQuote(help)}`;
  if (!value) return names;
  const choices = value.choices ? ` -a ${fishQuote(value.choices.join(" "))}` : "";
  const must = optionalValue ? "" : value.files === "any" ? " -r -F" : " -x";
  const folders = value.files === "folder" ? " -a '(__fish_complete_directories)'" : "";
  return `${names}${must}${choices}${folders}`;
}

function functionOf(program: string): string {
  return `_${program.replaceAll(/\W/g, "_")}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}
