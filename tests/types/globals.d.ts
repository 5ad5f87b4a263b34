// The globals by which Cooldown's plain scripts meet (see extension/protocol.js). Their types, for `tsc` alone; nothing here runs.

declare const cooldownProtocol: Readonly<{
  V: 1;
  BODY_MAX: number;
  HEADERS: readonly string[];
  KINDS: readonly string[];
  CORNERS: readonly Corner[];
  isObject(x: unknown): x is Record<string, unknown>;
  isInside(exchange: Exchange): boolean;
  isText(exchange: Exchange): boolean;
  PRIVATE: RegExp;
  IDENTITY: RegExp;
  withoutSecrets(said: string): string;
  patch(x: unknown): Edit[] | null;
  failure(x: unknown): Failure | null;
  fromTap(m: unknown): Observed | Settled | Resent | Limits | Failed | Ping | null;
  fromCard(m: unknown): Hello | Size | Act | Move | Drag | null;
  toCard(m: unknown): Show | Placed | Focus | null;
  toStage(m: unknown): Guest | null;
  fromStage(m: unknown): Seat | Act | null;
  toBridge(m: unknown): Told | Unheld | Healed | Failed | Changed | GoToCard | null;
  fromRecent(x: unknown): Recent;
  toWorker(m: unknown): Explain | LookUp | TellLimits | Skip | Place | Hush | Auto | Remind | Expect | Claim | Happened | Ended | Stage | StageAct | Standing | StripWords | Notice | SiteState | SetSite | SetEverywhere | SetAuto | Pause | EndRule | null;
}>;

declare const cooldownCompat: Readonly<{
  api: typeof chrome;
  isAlive(): boolean;
  ask(message: object, repeats?: boolean): Promise<any>;
  fill(message: string, args: Record<string, string>): string;
  openBeside: ((windowId: number) => Promise<void>) | null;
  WIRE: chrome.runtime.ManifestPermission[];
}>;

declare const cooldownApps: Readonly<{
  APPS: readonly App[];
  ALERTS: string;
  OWN: string;
  FAILURES: string;
  NOTICED: string;
  MESSAGES: string;
  find(host: string, has: (selector: string) => boolean): App | null;
}>;

declare const cooldownControl: Readonly<{
  findControl(where: { app: App | null; near?: Element | null; said?: readonly string[] }): { label: string; press: () => boolean } | null;
  watchDrafts(app: App | null, onChange: () => void): Readonly<{ isNewer(): boolean; stop(): void }>;
}>;

declare const cooldownStage: Readonly<{
  createStage(options: { onAct(action: Act['action'], index: number): void; onCard(open: boolean): void; openRoots: boolean }): Readonly<{
    open(): void;
    show(view: View): void;
    close(): void;
    goTo(): void;
  }>;
}>;

declare const cooldownOverlay: Readonly<{
  createOverlay(options: { onAct(action: Act['action'], index: number): void; onCard(open: boolean): void; openRoots: boolean }): Readonly<{
    open(): void;
    show(view: View): void;
    close(): void;
    goTo(): void;
    readonly isOpen: boolean;
    readonly isShown: boolean;
  }>;
}>;

declare const cooldownBridge: Readonly<{
  seen(exchange: Exchange, how: { reload?: boolean; near?: Element | null }): Promise<void>;
  recent(): Recent;
}>;

/** Not where the bridge was put into a page that was there before. */
declare var cooldownText: Readonly<{ wake(): void; again(): void; MARKED: RegExp }> | undefined;

/** Test builds alone have it: see `cargo xtask build --test`. */
declare var cooldownBuild: Readonly<{ test: boolean }> | undefined;
