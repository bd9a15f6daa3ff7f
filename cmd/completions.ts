/**
 * Edge (stdout). `tpctl completions bash|zsh|fish`: a script made by walking the program's commands and
 * options, so that it never says anything else than `--help` does.
 */
import { Argument, Command, type CommandUnknownOpts } from "@commander-js/extra-typings";

const SHELLS = ["bash", "zsh", "fish"] as const;

interface Flag {
  /** `--to`, `-d`. */
  readonly names: readonly string[];
  readonly help: string;
  readonly takesValue: boolean;
  /** Its value is a path, or a URL that may be one. */
  readonly takesPath: boolean;
  readonly choices: readonly string[];
}

/** How `--help` calls values that are paths or URLs. */
const pathValues = /[<[](path|file|folder|source|store|file\.svg)[>\]]$/;

/** One command of the tree, by its words behind `tpctl`. */
interface Node {
  readonly words: readonly string[];
  readonly help: string;
  readonly flags: readonly Flag[];
  /** What may stand behind it: subcommands, or the choices of its argument. */
  readonly next: readonly { readonly word: string; readonly help: string }[];
  /** Its arguments are paths or URLs. */
  readonly takesPaths: boolean;
}

/** The subcommand; `whole` gives the program with everything loaded. */
export function completionsCommand(whole: () => Promise<CommandUnknownOpts>): CommandUnknownOpts {
  const command = new Command("completions")
    .description("print a completion script for bash, zsh or fish")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText("after", EXAMPLES);
  command.action(async (shell) => {
    process.stdout.write(completionScript(await whole(), shell));
  });
  return command;
}

const EXAMPLES = `
Examples:
  tpctl completions bash > /etc/bash_completion.d/tpctl
  tpctl completions zsh > "\${fpath[1]}/_tpctl"
  tpctl completions fish > ~/.config/fish/completions/tpctl.fish
`;

/** The script for a shell; options that take a path or a URL complete file names. */
export function completionScript(
  program: CommandUnknownOpts,
  shell: typeof SHELLS[number],
): string {
  const nodes = nodesOf(program, []);
  if (shell === "bash") return bashScript(nodes);
  return shell === "zsh" ? zshScript(nodes) : fishScript(nodes);
}

function nodesOf(command: CommandUnknownOpts, words: readonly string[]): Node[] {
  const commands = command.commands.map((one) => ({ word: one.name(), help: one.description() }));
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
  const flags = command.options.map((option) => ({
    names: [option.long, option.short].filter((name) => name !== undefined && name !== null),
    help: option.description,
    takesValue: option.required || option.optional,
    takesPath: pathValues.test(option.flags),
    choices: option.argChoices ?? [],
  }));
  // The parser makes this one by itself.
  const helps = words.length > 0 ? [] : [{ word: "help", help: "show help for a command" }];
  const noValue = { takesValue: false, takesPath: false, choices: [] };
  const help = { names: ["--help"], help: "show help", ...noValue };
  return [
    {
      words,
      help: command.description(),
      flags: [...flags, help],
      next: [...commands, ...helps, ...choices.map((word) => ({ word, help: "" }))],
      takesPaths: command.registeredArguments.length > 0 && choices.length === 0,
    },
    ...command.commands.flatMap((one) => nodesOf(one, [...words, one.name()])),
    ...helps.map(({ word, help }) => (
      { words: [word], help, flags: [], next: commands, takesPaths: false }
    )),
  ];
}

function bashScript(nodes: readonly Node[]): string {
  const cases = nodes.map(({ words, flags, next, takesPaths }) => {
    const names = [...flags.flatMap((flag) => flag.names), ...next.map(({ word }) => word)];
    const paths = takesPaths ? " paths=yes" : "";
    return `    "${words.join(" ")}") candidates="${names.join(" ")}"${paths} ;;`;
  });
  const values = nodes.flatMap(({ words, flags }) =>
    flags.filter((flag) => flag.takesValue).map(({ names, choices, takesPath }) => {
      const patterns = names.map((name) => `"${words.join(" ")} ${name}"`).join("|");
      const made = takesPath
        ? `_tpctl_paths "$word"`
        : `COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$word"))`;
      return `    ${patterns}) ${made}; return ;;`;
    })
  );
  const known = nodes.flatMap(({ words }) => words.length > 0 ? [`"${words.join(" ")}"`] : []);
  return `# bash completion of tpctl; made by: tpctl completions bash
_tpctl_paths() {
  # The shell's own way with file names knows blanks and quotes; before bash 4 it cannot be asked for.
  compopt -o default 2>/dev/null && return
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$1"))
}
_tpctl() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}"
  local path="" candidates="" paths="" i
  COMPREPLY=()
  # bash takes the colon of sqlite:path for a word of its own.
  if [[ $word == : ]]; then before=: word=""; fi
  if [[ $before == : ]]; then _tpctl_paths "$word"; return; fi
  # Likewise the equals sign of --format=json.
  if [[ $word == = ]]; then word=""
  elif [[ $before == = ]]; then before="\${COMP_WORDS[COMP_CWORD - 2]}"; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
    ${known.join("|")}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $before" in
${values.join("\n")}
  esac
  case "$path" in
${cases.join("\n")}
  esac
  if [[ $paths && $word != -* ]]; then _tpctl_paths "$word"; return; fi
  COMPREPLY=($(compgen -W "$candidates" -- "$word"))
}
complete -o filenames -F _tpctl tpctl
`;
}

function zshScript(nodes: readonly Node[]): string {
  const functions = nodes.map(({ words, flags, next, takesPaths }) => {
    const specs = flags.flatMap((flag) => flag.names.map((name) => zshSpec(name, flag)));
    const rest = words.length === 0
      ? [`'*::argument:->next'`]
      : takesPaths
      ? ["'*:path:_tpctl_paths'"]
      : [];
    const all = [...specs, ...(next.length > 0 ? [zshNext(next)] : []), ...rest];
    return `${zshName(words)}() {
  local context state line
  typeset -A opt_args
  _arguments -C \\
    ${all.join(" \\\n    ")}
${words.length === 0 ? zshDispatch(nodes) : ""}}`;
  });
  return `#compdef tpctl
# zsh completion of tpctl; made by: tpctl completions zsh
_tpctl_paths() {
  # The path of sqlite:path and file:///path begins later, unless a file is called like that.
  _files "$@" && return
  compset -P '*:(//|)' && _files "$@"
}
${functions.join("\n")}
# Loaded by its name it is to complete a line, else (source, eval) only to be known.
if [[ $funcstack[1] == _tpctl ]]; then _tpctl "$@"; else compdef _tpctl tpctl; fi
`;
}

function zshNext(next: Node["next"]): string {
  if (next.every(({ help }) => help === "")) {
    return `'1:command:(${next.map(({ word }) => word).join(" ")})'`;
  }
  const items = next.map(({ word, help }) => `${word}\\:"${zshText(help)}"`);
  return `'1:command:((${items.join(" ")}))'`;
}

function zshDispatch(nodes: readonly Node[]): string {
  const cases = nodes.filter(({ words }) => words.length === 1).map(({ words }) =>
    `    ${words[0]}) ${zshName(words)} ;;`
  );
  return `  if [[ $state == next ]]; then
    case $line[1] in
${cases.join("\n")}
    esac
  fi
`;
}

function zshSpec(name: string, { help, takesValue, takesPath, choices }: Flag): string {
  const value = choices.length > 0
    ? `:value:(${choices.join(" ")})`
    : takesPath
    ? ":value:_tpctl_paths"
    : ":value: ";
  // The equals sign: the value may also stand in the same word, behind one.
  const equals = takesValue && name.startsWith("--") ? "=" : "";
  return `'*${name}${equals}[${zshText(help)}]${takesValue ? value : ""}'`;
}

function zshName(words: readonly string[]): string {
  return ["_tpctl", ...words].join("_");
}

function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replace(/[[\]:"]/g, "\\$&");
}

function fishScript(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ words, flags, next, takesPaths }) => {
    const here = words.length === 0 ? "__fish_use_subcommand" : `__tpctl_in ${words.at(-1)}`;
    const start = `complete -c tpctl -n '${here}'`;
    return [
      ...(takesPaths ? [] : [`${start} -f`]),
      ...next.map(({ word, help }) => `${start} -f -a ${word}${fishHelp(help)}`),
      ...flags.map((flag) => `${start}${fishFlag(flag)}${fishHelp(flag.help)}`),
    ];
  });
  return `# fish completion of tpctl; made by: tpctl completions fish
complete -c tpctl -e
# Asks for the first word alone: a file may be called like a command.
function __tpctl_in
  set -l words (commandline -opc)
  test "$words[2]" = $argv[1]
end
${lines.join("\n")}
`;
}

function fishFlag({ names, takesValue, takesPath, choices }: Flag): string {
  const spelled = names.map((name) =>
    name.startsWith("--") ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`
  ).join("");
  if (!takesValue) return `${spelled} -f`;
  if (choices.length > 0) return `${spelled} -x -a '${choices.join(" ")}'`;
  return takesPath ? `${spelled} -r -F` : `${spelled} -x`;
}

function fishHelp(help: string): string {
  return help === "" ? "" : ` -d '${help.replaceAll("'", "\\'")}'`;
}
