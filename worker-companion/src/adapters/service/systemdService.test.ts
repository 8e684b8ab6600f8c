// The worker's systemd service against a systemctl that only notes what it is told, and its unit against the real verifier.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { installService, type ServicePlan, serviceStatus, uninstallService } from "./systemdService.ts";
import { unitFolder, unitText } from "./systemdUnit.ts";

const TERMS = {
  scope: "user",
  name: "box",
  program: ["/usr/bin/env", '/opt/a b/100% "arw"/$HOME\\worker.js'],
  stateRoot: "/home/ada/state folder/50%",
  slots: 2,
  unsandboxed: false,
} as const;

/** A systemctl first on the PATH: notes its words, and fails where a file named after the verb lies beside it. */
async function fakeSystemctl(
  t: TestContext,
): Promise<{ readonly folder: string; readonly calls: () => Promise<string> }> {
  const folder = await mkdtemp(join(tmpdir(), "arw-systemctl-"));
  const script = join(folder, "systemctl");
  await writeFile(
    script,
    `#!/bin/sh
echo "$@" >> "${folder}/calls"
for verb; do [ -e "${folder}/fail-$verb" ] && { echo "Failed to $verb unit" >&2; exit 1; }; done
case "$*" in *is-active*) echo active ;; *is-enabled*) echo enabled ;; esac
exit 0
`,
  );
  await chmod(script, 0o755);
  const before = process.env["PATH"];
  process.env["PATH"] = `${folder}:${before}`;
  t.after(async () => {
    process.env["PATH"] = before;
    await rm(folder, { recursive: true, force: true });
  });
  return { folder, calls: () => readFile(join(folder, "calls"), "utf8") };
}

function planIn(folder: string): ServicePlan {
  return { scope: "user", unitName: "arw-worker.service", unitFolder: join(folder, "units"), text: unitText(TERMS) };
}

const onLinux = process.platform === "linux" ? {} : { skip: "systemd is Linux's" };

test(
  "installing writes the unit, starts it, and tells every command; taking it away leaves nothing",
  onLinux,
  async (t) => {
    const { folder, calls } = await fakeSystemctl(t);
    const plan = planIn(folder);
    const steps: string[] = [];
    await installService(plan, (step) => steps.push(step));
    const path = join(folder, "units/arw-worker.service");
    assert.equal(await readFile(path, "utf8"), plan.text);
    assert.deepEqual(steps, [
      `wrote ${path}`,
      "systemctl --user daemon-reload",
      "systemctl --user enable arw-worker.service",
      "systemctl --user restart arw-worker.service",
    ]);
    assert.deepEqual(await serviceStatus(plan), { installed: true, path, active: "active", enabled: "enabled" });
    assert.equal(await uninstallService(plan, () => {}), true);
    assert.ok(!existsSync(path));
    assert.match(await calls(), /--user disable --now arw-worker\.service\n--user daemon-reload\n$/u);
    assert.equal(await uninstallService(plan, () => {}), false);
  },
);

test(
  "a step that fails is told, and the unit is gone again; one that was there before is as it was",
  onLinux,
  async (t) => {
    const { folder } = await fakeSystemctl(t);
    const plan = planIn(folder);
    const path = join(folder, "units/arw-worker.service");
    await writeFile(join(folder, "fail-restart"), "");
    await assert.rejects(
      installService(plan, () => {}),
      { code: "service-failed", message: /Failed to restart unit/u },
    );
    assert.ok(!existsSync(path));
    await rm(join(folder, "fail-restart"));
    await installService({ ...plan, text: "before\n" }, () => {});
    await writeFile(join(folder, "fail-restart"), "");
    await assert.rejects(
      installService(plan, () => {}),
      { code: "service-failed" },
    );
    assert.equal(await readFile(path, "utf8"), "before\n");
  },
);

test("without systemd nothing is written", onLinux, async (t) => {
  const { folder } = await fakeSystemctl(t);
  await writeFile(join(folder, "fail---version"), "");
  await assert.rejects(
    installService(planIn(folder), () => {}),
    { code: "service-unsupported" },
  );
  assert.ok(!existsSync(join(folder, "units")));
});

test("no path of this machine breaks out of its place in the unit", () => {
  const text = unitText({ ...TERMS, name: "box\r\n[Service]\nUser=root" });
  assert.match(
    text,
    /^ExecStart="\/usr\/bin\/env" "\/opt\/a b\/100%% \\"arw\\"\/\$\$HOME\\\\worker\.js" "run" "--slots" "2"$/mu,
  );
  assert.match(text, /^Environment="ARW_STATE_HOME=\/home\/ada\/state folder\/50%%"$/mu);
  assert.ok(!/^User=/mu.test(text));
});

test("each scope has its folder", () => {
  const place = { homeDirectory: "/home/ada", configHome: undefined };
  assert.equal(unitFolder({ ...place, scope: "user" }), "/home/ada/.config/systemd/user");
  assert.equal(unitFolder({ ...place, scope: "user", configHome: "/c" }), "/c/systemd/user");
  assert.equal(unitFolder({ ...place, scope: "system" }), "/etc/systemd/system");
});

const verifier = spawnSync("systemd-analyze", ["--version"], { stdio: "ignore" }).status === 0;

test("systemd finds nothing wrong with the unit", verifier ? {} : { skip: "no systemd-analyze here" }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "arw-unit-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const scope of ["user", "system"] as const) {
    const unit = join(folder, "arw-worker.service");
    await writeFile(unit, unitText({ ...TERMS, scope }));
    const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", `--${scope}`, unit], {
      encoding: "utf8",
    });
    const complaints = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("arw-worker.service"));
    assert.deepEqual(complaints, [], `${status}`);
  }
});
