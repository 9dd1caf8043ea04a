# Every interactive bash of a lab host, also those inside `ip netns exec NAME bash`.
case $- in *i*) ;; *) return ;; esac
PS1='\u@\h:\w\$ '
HISTCONTROL=ignoredups
shopt -s checkwinsize
export EDITOR=nano PAGER=less LESS=-FRX
alias ls='ls --color=auto' ll='ls -l' grep='grep --color=auto' ip='ip -color=auto'
[ -r /usr/share/bash-completion/bash_completion ] && . /usr/share/bash-completion/bash_completion
