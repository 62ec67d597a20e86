/** Each shell asks `sluice __complete WORDS`, whose answer is that of cobra's programs: a candidate a line, its description after a tab, `:4` or `:0` last. */
export const scripts = {
  bash: `# bash completion for sluice: source <(sluice completion bash)
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" answer line
  answer=$(sluice __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :0) while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current") ;;
      :*) ;;
      *) line="\${line%%$'\\t'*}"; [[ -n "$line" && "$line" == "$current"* ]] && COMPREPLY+=("$line") ;;
    esac
  done <<< "$answer"
}
complete -F _sluice sluice
`,
  zsh: `#compdef sluice
# zsh completion for sluice: source <(sluice completion zsh), after compinit
_sluice() {
  local -a found
  local line files=0
  for line in "\${(@f)$(sluice __complete "\${(@)words[2,$CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      :0) files=1 ;;
      :*|'') ;;
      *$'\\t'*) found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
      *) found+=("\${line//:/\\\\:}") ;;
    esac
  done
  (( \${#found} )) && _describe 'sluice' found
  (( files )) && _files
}
compdef _sluice sluice
`,
  fish: `# fish completion for sluice: sluice completion fish | source
function __sluice_complete
  set -l words (commandline -opc)
  sluice __complete $words[2..-1] (commandline -ct | string collect --allow-empty) 2>/dev/null | string match -v -r '^:[0-9]+$'
end
complete -c sluice -f -a '(__sluice_complete)'
complete -c sluice -s f -l file -r -F
complete -c sluice -l kubeconfig -r -F
complete -c sluice -l config -r -F
`,
  kubectl: `#!/bin/sh
# Completion for kubectl sluice: an executable file named kubectl_complete-sluice, in the PATH beside kubectl-sluice.
exec kubectl-sluice __complete "$@"
`,
} as const;

export type Shell = keyof typeof scripts;
