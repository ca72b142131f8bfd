/** Commands, calls and settings that destroy, expose or move things beyond recall. */

/**
 * One kind of dangerous command; `pattern` has no nested quantifier, so it runs in linear time on bounded
 * input.
 */
export interface DangerousPattern {
  readonly code: string;
  readonly severity: number;
  readonly pattern: RegExp;
  readonly reason: string;
}

/** Patterns on the original text of commands, tool calls and code. */
export const DANGEROUS_PATTERNS: readonly DangerousPattern[] = [
  {
    code: 'action.mass-deletion',
    severity: 0.98,
    reason: 'deletes a whole file tree',
    pattern:
      /\brm\s{1,3}(?:-{1,2}[a-z-]{1,20}\s{1,3}){0,3}-{0,2}(?:r|rf|fr|Rf|recursive)\b[^\n|;&]{0,40}(?:\s|["'])(?:\/|~|\/\*|\$HOME|\.\.?\/?\*?|\/(?:etc|usr|var|home|boot|bin|lib|root)\b)(?=[\s"';/*]|$)/,
  },
  {
    code: 'action.mass-deletion',
    severity: 0.95,
    reason: 'deletes a whole file tree',
    pattern:
      /\brm\s{1,3}-(?:[a-z]{0,4}r[a-z]{0,4}f|[a-z]{0,4}f[a-z]{0,4}r)[a-z]{0,3}\s{1,3}(?:--no-preserve-root|\/|~|\$|\*)/i,
  },
  {
    code: 'action.mass-deletion',
    severity: 0.95,
    reason: 'deletes a whole file tree',
    pattern:
      /\bshutil\.rmtree\(\s{0,3}["'](?:\/|~|[A-Z]:\\)|\brmdir\s{1,3}\/s\s{1,3}\/q|\bdel\s{1,3}\/[fsq]\s{1,3}\/[fsq]|\bRemove-Item\b[^\n]{0,60}-Recurse[^\n]{0,30}-Force|\bformat\s{1,3}[a-z]:(?:\s|$)/i,
  },
  {
    code: 'action.disk-wipe',
    severity: 0.98,
    reason: 'overwrites a disk or its boot records',
    pattern:
      /\bdd\b[^\n]{0,60}\bof=\/dev\/(?:sd|hd|nvme|vd|disk|mmc)|\bmkfs(?:\.\w{1,6})?\s{1,3}[^\n]{0,30}\/dev\/|>\s{0,2}\/dev\/(?:sd|hd|nvme)|\bwipefs\b|\bshred\s[^\n]{0,40}\/dev\/|\/boot\/grub\/grub\.cfg|\bdiskpart\b[^\n]{0,40}\bclean\b/i,
  },
  {
    code: 'action.resource-exhaustion',
    severity: 0.95,
    reason: 'exhausts the machine',
    pattern:
      /:\s{0,2}\(\)\s{0,2}\{\s{0,3}:\s{0,2}\|\s{0,2}:|\bwhile\s{1,3}(?:True|1|\(1\)|\(true\))\s{0,3}:?\s{0,40}\{?\s{0,40}(?:os\.fork|fork\()/,
  },
  {
    code: 'action.remote-code',
    severity: 0.93,
    reason: 'runs code fetched from the network',
    pattern:
      /\b(?:curl|wget|fetch|iwr|Invoke-WebRequest)\b[^\n|]{0,200}\|\s{0,3}(?:sudo\s{1,3})?(?:ba|z|da|k)?sh\b|\b(?:curl|wget)\b[^\n|]{0,200}\|\s{0,3}(?:sudo\s{1,3})?(?:python3?|perl|ruby|node)\b|\b(?:ba)?sh\s{1,3}<\(\s{0,3}curl|\biex\s{0,3}\(?[^\n]{0,60}DownloadString|\beval\s{0,2}\(?\s{0,2}["'`$(]{0,3}(?:curl|wget|requests\.get|atob|base64)/i,
  },
  {
    code: 'action.reverse-shell',
    severity: 0.98,
    reason: 'opens a shell to another machine',
    pattern:
      /\/dev\/tcp\/\d|\bnc\b[^\n]{0,40}\s-[a-z]{0,3}e\s{0,3}\/?(?:bin\/)?(?:ba)?sh|\bsocket\.socket\b[^\n]{0,300}\b(?:subprocess|pty\.spawn|os\.dup2)|\bbash\s{1,3}-i\s{0,3}>&/i,
  },
  {
    code: 'action.credential-access',
    severity: 0.93,
    reason: 'reads or plants credentials',
    pattern:
      /\b(?:cat|less|more|head|tail|cp|scp|curl|open|type|read_file|readFile|nano|vi)\b[^\n]{0,80}(?:\/etc\/shadow|\.ssh\/id_[a-z0-9]{2,8}|\.aws\/credentials|\.git-credentials|\.netrc|\.kube\/config|\.env\b|wallet\.dat|SAM\b)|\/etc\/(?:shadow|passwd)\b|\bmimikatz\b|\bsekurlsa\b|authorized_keys["')]?\s{0,3},\s{0,3}["']a|>>\s{0,3}~?\/?[^\n ]{0,60}authorized_keys|\bsecurity\s{1,3}find-generic-password|lsass\.dmp|169\.254\.169\.254/i,
  },
  {
    code: 'action.data-exfiltration',
    severity: 0.9,
    reason: 'sends local data to another machine',
    pattern:
      /\b(?:clipboard|pyperclip|screenshot|keylog|keyboard|pynput|xsel|pbpaste|snippingtool|screencapture|x11grab)\b[\s\S]{0,400}\b(?:requests\.post|urlopen|scp|rsync|smtplib|http\.client|socket)\b|\b(?:tar|zip|cat|env|printenv)\b[^\n]{0,100}\|\s{0,3}(?:curl|nc|wget)\b|\bcurl\b[^\n]{0,80}(?:-d|--data|-F|--data-binary|-T)\s{0,2}["']?@[~/.]/i,
  },
  {
    code: 'action.ransomware',
    severity: 0.95,
    reason: 'encrypts files with a key from another machine',
    pattern:
      /\b(?:fernet|AES\.new|Cipher\(|encrypt)\b[\s\S]{0,600}(?:requests\.get|urlopen|get_key)|requests\.get\([^)]{0,120}key[^)]{0,40}\)[\s\S]{0,600}\b(?:encrypt|Fernet|Cipher|AES)\b/i,
  },
  {
    code: 'action.sql-destruction',
    severity: 0.92,
    reason: 'destroys tables or all rows',
    pattern:
      /\bdrop\s{1,3}(?:table|database|schema)\s{1,3}(?:if\s{1,3}exists\s{1,3})?[\w."`]{1,60}|\btruncate\s{1,3}table\s|\bdelete\s{1,3}from\s{1,3}[\w."`]{1,60}\s{0,3}(?:;|$|where\s{1,3}1\s{0,2}=\s{0,2}1)|\bor\s{1,3}1\s{0,2}=\s{0,2}1\s{0,3}(?:--|#|;)|\bunion\s{1,3}(?:all\s{1,3})?select\b[^\n]{0,80}\bfrom\b|\bxp_cmdshell\b/i,
  },
  {
    code: 'action.permissions',
    severity: 0.85,
    reason: 'opens permissions or turns protection off',
    pattern:
      /\bchmod\s{1,3}-R\s{1,3}(?:0?777|a\+rwx)\s{1,3}\/|\bsetenforce\s{1,3}0\b|\bufw\s{1,3}disable\b|\biptables\s{1,3}-F\b|\biptables\b[^\n]{0,60}-P\s{1,3}(?:INPUT|OUTPUT)\s{1,3}DROP|\bnetsh\s{1,3}advfirewall\s[^\n]{0,40}off|\bSet-MpPreference\b[^\n]{0,60}\$true|\b(?:auditctl\s{1,3}-e\s{1,3}0|history\s{1,3}-c|unset\s{1,3}HISTFILE)\b|\bsystemctl\s{1,3}(?:stop|disable)\s{1,3}(?:auditd|rsyslog|firewalld|crowdstrike|falcon-sensor|sshd)|\bifconfig\s{1,3}\w{2,8}\s{1,3}down|\bip\s{1,3}link\s{1,3}set\s{1,3}\w{2,8}\s{1,3}down/i,
  },
  {
    code: 'action.infrastructure-deletion',
    severity: 0.9,
    reason: 'deletes cloud or cluster resources',
    pattern:
      /\bterraform\s{1,3}destroy\b[^\n]{0,40}-auto-approve|\bkubectl\s{1,3}delete\s{1,3}(?:ns|namespace|all|pv|nodes?)\b|\baws\s{1,3}s3\s{1,3}(?:rb|rm)\b[^\n]{0,60}--(?:force|recursive)|\bgit\s{1,3}push\b[^\n]{0,40}--force\b[^\n]{0,20}\b(?:main|master)\b|\bdocker\s{1,3}system\s{1,3}prune\s{1,3}-[af]{1,2}|\bgcloud\b[^\n]{0,60}\bdelete\b[^\n]{0,40}--quiet/i,
  },
];
