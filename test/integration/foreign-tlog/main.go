// A reader of a tiled log made of Go's own libraries (golang.org/x/mod/sumdb: note, tlog).
//
//	GO111MODULE=off go run main.go PREFIX KEY INDEX ENTRY_FILE
//
// Opens the checkpoint under KEY, reads tiles, and checks that the entry stands at INDEX; prints the size.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type tiles struct{ prefix string }

func (t tiles) Height() int                        { return 8 }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		// tlog-tiles leaves the height out of the path of the checksum database.
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := get(t.prefix + "/" + path)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func get(url string) ([]byte, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		return nil, fmt.Errorf("%s: %s", url, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

func run(prefix, key, index, file string) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	text, err := get(prefix + "/checkpoint")
	if err != nil {
		return err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() {
		return fmt.Errorf("origin %s", lines[0])
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	at, err := strconv.ParseInt(index, 10, 64)
	if err != nil {
		return err
	}
	tree := tlog.Tree{N: size, Hash: root}
	reader := tlog.TileHashReader(tree, tiles{prefix})
	proof, err := tlog.ProveRecord(size, at, reader)
	if err != nil {
		return err
	}
	leaf := tlog.RecordHash(entry)
	if err := tlog.CheckRecord(proof, size, root, at, leaf); err != nil {
		return err
	}
	for old := int64(1); old <= size; old++ {
		earlier, err := tlog.TreeHash(old, reader)
		if err != nil {
			return err
		}
		extension, err := tlog.ProveTree(size, old, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(extension, size, root, old, earlier); err != nil {
			return err
		}
	}
	fmt.Println(size)
	return nil
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
