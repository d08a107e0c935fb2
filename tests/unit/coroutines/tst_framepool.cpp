// SPDX-License-Identifier: Apache-2.0
#include <heddle/core/thread.h>
#include <heddle/coroutines/framepool.h>

#include <QTest>

#include <cstring>
#include <set>
#include <vector>

using namespace heddle;

class TestFramePool : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void blocksAreWritableAndApart_data()
    {
        QTest::addColumn<quint64>("bytes");
        for (const quint64 bytes : {1, 63, 64, 65, 200, 1023, 1024, 1025, 5000})
            QTest::addRow("%llu", bytes) << bytes;
    }
    void blocksAreWritableAndApart()
    {
        QFETCH(quint64, bytes);
        std::vector<void *> blocks;
        for (int k = 0; k < 1000; ++k) {
            blocks.push_back(FramePool::allocate(bytes));
            std::memset(blocks.back(), k & 0xff, bytes);
        }
        QCOMPARE(std::set<void *>(blocks.begin(), blocks.end()).size(), blocks.size());
        for (int k = 0; k < 1000; ++k) {
            const auto *block = static_cast<unsigned char *>(blocks[static_cast<std::size_t>(k)]);
            QCOMPARE(int(block[0]), k & 0xff);
            QCOMPARE(int(block[bytes - 1]), k & 0xff);
        }
        for (void *block : blocks)
            FramePool::release(block, bytes);
    }

    void aBlockGivenBackIsTakenAgain()
    {
#ifdef HEDDLE_NO_FRAME_POOL
        QSKIP("the heap gives all memory in this build");
#endif
        void *first = FramePool::allocate(100);
        FramePool::release(first, 100);
        QCOMPARE(FramePool::allocate(128), first); // the same class
        FramePool::release(first, 128);
    }

    void blocksMayBeGivenBackInOtherThreadsAlsoInNewOnes()
    {
        constexpr int Blocks = 3000;
        for (int round = 0; round < 20; ++round) {
            std::vector<void *> blocks;
            for (int k = 0; k < Blocks; ++k)
                blocks.push_back(FramePool::allocate(96));
            Thread other("other", [&blocks] {
                for (void *block : blocks)
                    FramePool::release(block, 96);
                // Its own lists go to the depot at its end.
                FramePool::release(FramePool::allocate(500), 500);
            });
            other.joinAndRethrow();
        }
    }

    void threadsThatEndLateStillHaveMemory()
    {
        struct Late
        {
            void *block = nullptr;
            ~Late()
            {
                // After the pool has left the thread.
                FramePool::release(block, 64);
                FramePool::release(FramePool::allocate(64), 64);
            }
        };
        Thread thread("late", [] {
            static thread_local Late late; // made before the pool's own, so destroyed after it
            late.block = FramePool::allocate(64);
        });
        thread.joinAndRethrow();
    }
};

QTEST_GUILESS_MAIN(TestFramePool)
#include "tst_framepool.moc"
