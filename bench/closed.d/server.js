// SPDX-License-Identifier: LGPL-2.1-or-later
// A program in an interpreter: the short use serves files, the wide use does what applications do.
const fs = require("fs"), http = require("http"), path = require("path");

process.chdir(path.join(__dirname, "www"));
fs.mkdirSync("temp", { recursive: true });

const actions = {
	async list() { await fs.promises.readdir("list"); },
	async write() {
		const file = await fs.promises.open("temp/a", "w+");
		await file.write("x".repeat(9000));
		await file.sync();
		await file.datasync();
		await file.truncate(5);
		await file.chmod(0o600);
		await file.utimes(1, 1);
		await file.close();
	},
	async rename() {
		await fs.promises.writeFile("temp/b", "x");
		await fs.promises.rename("temp/b", "temp/c");
		await fs.promises.copyFile("temp/c", "temp/d");
		await fs.promises.unlink("temp/c");
	},
	worker() {
		const { Worker } = require("worker_threads");
		return new Promise((done) => new Worker("1+1", { eval: true }).on("exit", done));
	},
	process() {
		return new Promise((done) => require("child_process").execFile("true", done));
	},
	lookup() { return require("dns").promises.lookup("localhost"); },
	unix() {
		const net = require("net");
		try { fs.unlinkSync("temp/sock"); } catch { /* none */ }
		return new Promise((done) => {
			const server = net.createServer((socket) => { socket.end("x"); server.close(done); });
			server.listen("temp/sock", () => net.connect("temp/sock").resume());
		});
	},
	udp() {
		return new Promise((done) => {
			const udp = require("dgram").createSocket("udp4");
			udp.on("message", () => udp.close(done));
			udp.bind(0, "127.0.0.1", () => udp.send("x", udp.address().port, "127.0.0.1"));
		});
	},
	timer() { return new Promise((done) => setTimeout(done, 20)); },
	crypto() { require("crypto").randomBytes(99); require("crypto").scryptSync("a", "b", 16); },
	zlib() { return new Promise((done) => require("zlib").gzip("x".repeat(99999), done)); },
	watch() { fs.watch("temp").close(); },
	async links() {
		for (const name of ["temp/l", "temp/h"])
			await fs.promises.rm(name, { force: true });
		await fs.promises.symlink("a", "temp/l");
		await fs.promises.readlink("temp/l");
		await fs.promises.link("index.html", "temp/h");
		await fs.promises.access("temp/h");
		await fs.promises.realpath("temp/l").catch(() => 0);
	},
	async walk() {
		await fs.promises.mkdir("temp/e/f", { recursive: true });
		await fs.promises.rm("temp/e", { recursive: true });
		await fs.promises.mkdtemp("temp/g");
	},
	os() { const os = require("os"); os.cpus(); os.networkInterfaces(); os.loadavg(); os.freemem(); process.memoryUsage(); process.resourceUsage(); },
	stream() {
		return new Promise((done) => fs.createReadStream("large").pipe(fs.createWriteStream("temp/i")).on("close", done));
	},
	append() { fs.appendFileSync("temp/j", "x"); },
};

http.createServer(async (request, response) => {
	const action = actions[request.url.slice(1)];
	try {
		if (action) {
			await action();
			response.end();
		} else {
			fs.createReadStream("." + (request.url === "/" ? "/index.html" : request.url))
				.on("error", () => { response.statusCode = 404; response.end(); }).pipe(response);
		}
	} catch (error) {
		response.statusCode = 500;
		response.end(String(error));
	}
}).listen(8080, "127.0.0.1");
process.on("SIGTERM", () => process.exit());
