/** Words and flags of kubectl and istioctl that people try, and what does it here. */

const withKubectl =
  'A real kubectl does this on the mesh too: its kubeconfig is the file "kubeconfig" in the state folder (kubectl --kubeconfig FILE).'
const commandOfItsOwn = 'What istioctl keeps there, such as describe, is a command of its own: run "heddle --help".'
const inManifests =
  'Settings of the mesh are given with --set meshConfig.NAME=VALUE; what else there is, "heddle install --dry-run" prints.'

const words: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['annotate', 'api-resources', 'attach', 'cluster-info', 'config', 'cp', 'events', 'explain', 'expose', 'top', 'diff', 'run'].map(
      (word) => [word, withKubectl],
    ),
  ),
  create: `Write the object into a manifest, and "heddle apply -f FILE". ${withKubectl}`,
  ...Object.fromEntries(
    ['edit', 'patch', 'replace', 'scale', 'set'].map((word) => [
      word,
      `Change the manifest and apply it again; "heddle get TYPE NAME -o yaml" prints what is there. ${withKubectl}`,
    ]),
  ),
  'port-forward': `On the local mesh the addresses of Pods and Services are open on this machine: heddle get pods,svc -o wide. ${withKubectl}`,
  wait: `Pods of a Deployment are waited for with "heddle rollout status deploy/NAME". ${withKubectl}`,
  ...Object.fromEntries(['undo', 'history', 'pause', 'resume'].map((word) => [`rollout ${word}`, withKubectl])),
  experimental: commandOfItsOwn,
  x: commandOfItsOwn,
  dashboard: 'The addresses of the gateway and the control plane are in "heddle get svc -n istio-system".',
  uninstall: 'Stop the local mesh and delete its state with "heddle down --purge".',
  ...Object.fromEntries(
    ['proxy-config', 'pc'].flatMap((group) => [
      [`${group} bootstrap`, 'Proxies start from arguments and environment, which their container has: heddle get pod NAME -o yaml'],
      [
        `${group} log`,
        'The level is set before the start, by the annotation sidecar.istio.io/logLevel of the Pod. What was logged: heddle logs POD -c istio-proxy',
      ],
      [`${group} ecds`, 'Proxies have no extensions of their own: EnvoyFilter and WasmPlugin are checked, and not executed.'],
      [`${group} rootca-compare`, 'Compare the roots of two Pods with "heddle cert doctor POD POD".'],
    ]),
  ),
}

const kustomize = 'Build it first, and pass it on standard input: kubectl kustomize DIR | heddle apply -f -'

/** By command, then as the flag is typed. */
const flags: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  apply: {
    '--wait': 'It ends when the API has stored the objects. Wait for Pods with "heddle rollout status deploy/NAME".',
    '--force': 'To make objects anew, delete them first: heddle delete -f FILE',
    '--kustomize': kustomize,
    '-k': kustomize,
    '--prune': 'Delete what no manifest names any more with "heddle delete TYPE NAME".',
    '--server-side': withKubectl,
    '--validate': 'Manifests are always checked. --partial applies the good documents of a faulty file.',
  },
  delete: { '--cascade': 'What belongs to an object is always deleted with it.', '-A': 'Name the namespace with -n.' },
  install: {
    '-f': inManifests,
    '--filename': inManifests,
    '--revision': 'There is one control plane, of the revision "default".',
    '-r': 'There is one control plane, of the revision "default".',
  },
  'kube-inject': { '--injectConfigFile': 'The settings of injection are those of the profile demo; annotations of Pods change them.' },
  analyze: { '--all': 'It is -A, --all-namespaces.' },
  up: {
    '--port': 'Ports are Istio\'s, or free ones with "--ports auto".',
    '-d': 'It runs in the foreground: nohup heddle up > mesh.log &',
  },
}

/** What to do instead of a command of another tool; undefined for words that it does not have either. */
export function wordOfOtherTools(word: string): string | undefined {
  return words[word]
}

/** The same of a flag, such as `--wait`. */
export function flagOfOtherTools(command: string, flag: string): string | undefined {
  return flags[command]?.[flag]
}
